"""What each question of `datakit challenge new` asks, for its terminal and its help."""

from datakit.language import N_

HELP = {
    "title": N_("title of the challenge"),
    "town": N_("the town's name"),
    "territory": N_("name of the whole territory, if it is more than the town"),
    "communes": N_("INSEE's codes and names of its communes, the town first: 25056 Besançon, …"),
    "epci": N_("SIREN code of the grouping of communes (EPCI), for the address of their contours; or nothing"),
    "box": N_("west, south, east, north in degrees, with a decimal point"),
    "portal": N_("address of an Opendatasoft portal; or nothing"),
    "themes": N_("themes: a first chapter, cards and invented data for each"),
    "language": N_("language of the project and of its pages"),
    "accent": N_("colour of links and headings, #rrggbb, readable on white"),
    "deadline": N_("last moment for a dossier, with its time zone: 2027-03-31T12:00:00+02:00; or nothing yet"),
    "months": N_("months of the experiment"),
    "criteria": N_("criteria of the jury: id, name and weight of each"),
    "limits": N_("limits of a dossier that differ from the kit's, such as {seconds: 600}"),
    "kit": N_("where the kit is installed from: a wheel (it is copied along), a folder or an address"),
}
