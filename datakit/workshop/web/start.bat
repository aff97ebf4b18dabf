@echo off
rem Installs the workshop from this folder and opens JupyterLab. What is typed after it goes to start.pyz: --help.
setlocal
chcp 65001 >nul
for %%v in (3.13 3.12 3.11) do (
    py -%%v -c "" >nul 2>nul
    if not errorlevel 1 (
        py -%%v "%~dp0start.pyz" %*
        goto done
    )
)
python -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" >nul 2>nul
if not errorlevel 1 (
    python "%~dp0start.pyz" %*
    goto done
)
echo Il faut Python 3.11, 3.12 ou 3.13 : lisez "%~dp0index.html"
echo Python 3.11, 3.12 or 3.13 is needed: read "%~dp0index.html"
pause
exit /b 1
:done
if errorlevel 1 pause
