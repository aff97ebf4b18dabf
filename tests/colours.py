"""How far apart colours are for people who see two kinds of cones, and how well they stand out from a ground.

Dichromacy is simulated with the matrices for full severity of Machado, Oliveira and Fernandes, "A Physiologically-based
Model for Simulation of Color Vision Deficiency", IEEE Transactions on Visualization and Computer Graphics 15(6), 2009,
in linear sRGB. Distances are Euclidean in CIELAB (CIE76), contrast is that of WCAG 2.
"""

import itertools

import numpy as np

# Choices of this kit. A difference of 2.3 can just be seen on patches side by side (Mahy and others, 1994): what has to
# be found again in a legend needs several times that.
CATEGORIES = 15  # colours without order, that are found again in a legend
CLASSES = 8  # any two classes of one map
TEXT, GRAPHIC = 4.5, 3  # WCAG 2.2, 1.4.3 and 1.4.11

VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colours):
    """Linear sRGB of ``#rrggbb``, one row each."""
    rgb = np.array([[int(c.lstrip("#")[i : i + 2], 16) / 255 for i in (0, 2, 4)] for c in colours])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(light):
    """CIELAB of linear sRGB, white being that of sRGB."""
    xyz = np.clip(light, 0, 1) @ _XYZ.T / _XYZ.sum(axis=1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def nearest(colours):
    """The two colours that are hardest to tell apart: (distance, one, other, vision)."""
    found = []
    for vision, matrix in VISIONS.items():
        seen = lab(linear(colours) @ matrix.T)
        for i, j in itertools.combinations(range(len(colours)), 2):
            found.append((float(np.linalg.norm(seen[i] - seen[j])), colours[i], colours[j], vision))
    return min(found)


def contrast(one, other):
    """WCAG's ratio of contrast, 1 to 21."""
    dark, light = sorted(float(y) for y in linear([one, other]) @ _XYZ[1])
    return (light + 0.05) / (dark + 0.05)
