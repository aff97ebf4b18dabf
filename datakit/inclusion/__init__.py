"""Who is far from which public service, and where one more would help most.

services   Public services of several publishers in one table
hours      Opening hours of several publishers as hours a week, with evenings and Saturdays told apart
linkage    The same place in two files is one place
people     The inhabitants of each IRIS: age, living alone, social housing, incomes; what is secret stays missing
vintages   IRIS change: bring a table of one year's IRIS onto those of another
privacy    The small-number rule as code: no figure about a handful of households
mixing     Invented and real tables are not added together
need       Who may need help: digital fragility from its published recipe, and a deprivation index
access     How far inhabitants are from the nearest service of each kind, and how sure that is
transit    Minutes from door to door by public transport
catchment  Competition for places: how much of a service each inhabitant can count on, by floating catchments
gap        Need and access together: where both are bad, which kinds of areas there are
clusters   Where areas with poor access stand together more than chance would put them
siting     Where one more service would help most
reports    Citizens' reports of defects in public space, and whether some areas report less of what is there
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
