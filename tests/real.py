"""The real snapshots beside the project, as a mirror: which file is which dataset."""

from datakit.data import mirrors

FILES = {
    "communes": "communes-dijon-metropole/communes_2018_contours.geojson",
    "communes-population": "communes-dijon-metropole/epci_communes_2024.csv",
    "census-iris-population": "iris-rp2016/iris_rp2016_population.csv",
    "census-iris-households": "iris-rp2016/iris_rp2016_menages.csv",
    "census-iris-housing": "iris-rp2016/iris_rp2016_logement.csv",
    "mednum-bfc": "mednum-bfc/bfc-ternum-dataset.csv",
    "france-services": "france-services/liste-fs-20240801_dep21.csv",
    "divia-gtfs": "divia-gtfs/gtfs_diviamobilites.zip",
    "trees-grenoble": "trees-grenoble-slim/grenoble.geojson",
    "trees-paris": "trees-paris-sample/les-arbres_sample.geojson",
    "trees-paris-2019": "trees-paris-sample/les-arbres_2019_extrait.csv",
    "trees-saint-quentin": "trees-saint-quentin/Data_Arbre.csv",
}
# Where the card is that of the living file; a card of ``tests/cards`` is of one file, and says its year itself.
VINTAGES = {"divia-gtfs": "2024-01"}


def build(folder, shared):
    """Put every snapshot into a mirror, under the cards of ``tests/cards`` (named by DATAKIT_CARDS)."""
    for id, file in FILES.items():
        mirrors.add(folder, id, shared / file, vintage=VINTAGES.get(id))
    return folder
