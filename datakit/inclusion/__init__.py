"""Who is far from which public service, and where one more would help most.

services   Public services of several publishers in one table
hours      Opening hours of several publishers as hours a week, with evenings and Saturdays told apart
linkage    The same place in two files is one place
offer      What is there: places counted by kind and by commune, and what they say of themselves
people     The inhabitants of each IRIS: age, living alone, social housing, incomes; what is secret stays missing
vintages   IRIS change: bring a table of one year's IRIS onto those of another
privacy    The small-number rule as code: no figure about a handful of households
areas      The areas of a chapter with their inhabitants: IRIS and communes, contours, census and incomes
homes      Points that stand for the inhabitants of areas: INSEE's squares, homes that are built, or an even spread
need       Who may need help: digital fragility from its published recipe, and a deprivation index
access     How far inhabitants are from the nearest service of each kind, and how sure that is
transit    Minutes from door to door by public transport
setting    What a chapter begins with: the communes, IRIS, places, homes and ways of one run
journeys   Journeys of a chapter: on foot, by tram and bus on two days, with a wheelchair; where one can board
catchment  Competition for places: how much of a service each inhabitant can count on, by floating catchments
gap        Need and access together: where both are bad, which kinds of areas there are
clusters   Where areas with poor access stand together more than chance would put them
siting     Where one more service would help most
pictures   The figures of the chapters: what is drawn, not what is computed
mapped     The maps of the chapters
tables     The tables of the chapters, in the words of those who read them
reports    Citizens' reports of defects in public space, and whether some areas report less of what is there
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
