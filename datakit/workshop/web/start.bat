@echo off
rem Installs the workshop from this folder and opens JupyterLab. What is typed after it goes to start.pyz: --help.
setlocal
chcp 65001 >nul
set "version="
for %%v in (3.13 3.12 3.11) do call :try %%v
if defined version goto launcher
python -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" >nul 2>nul
if not errorlevel 1 goto python
echo Il faut Python 3.11, 3.12 ou 3.13 : lisez "%~dp0index.html"
echo Python 3.11, 3.12 or 3.13 is needed: read "%~dp0index.html"
pause
exit /b 1

:launcher
py -%version% "%~dp0start.pyz" %*
goto done

:python
python "%~dp0start.pyz" %*

:done
set "code=%errorlevel%"
if not "%code%"=="0" pause
exit /b %code%

:try
if defined version exit /b 0
py -%1 -c "" >nul 2>nul
if not errorlevel 1 set "version=%1"
exit /b 0
