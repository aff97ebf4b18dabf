"""The tree heritage: any inventory in one table, what it is worth, and which trees to look at first.

inventory  Any file of trees as one table that every notebook reads, with a list of all that was changed
checks     The audit of an inventory: what it is worth, and which questions it cannot answer
study      What every chapter begins with: one inventory, what stands of it, the areas to count it in
places     Areas to count trees in: the communes, or squares where the inventory lies elsewhere or in one alone
diversity  How diverse an inventory is: shares by taxon, the 10-20-30 rule
comparing  Inventories, and the places of one, compared on the same number of trees
structure  How old and how large the trees are: what is measured, what is only known by year, what is not known
canopy     The ground under the crowns: measured, fitted on the inventory's own crowns, or a declared range
smearing   Its fits held against the crowns measured, so that their form is no error left out
hiding     Whether that ground can be believed: crowns are hidden, and what is found is held against the truth
ratings    What sources say of a taxon, one statement in a row, and the rating that follows from them
exposure   What a threat would take: the share of trees, and of crowns, that are its hosts
risk       What became of trees, and what was known of them before
learners   The models of a loss, and the scores that they give to trees they have not seen
scoring    How good a list is: what it finds, and whether its scores can be believed
choosing   Baselines in order, and the simplest that no more complex one beats
transfer   What a model learnt in one city is worth in another: usually less, and how much less is the result
reasons    Why a tree is on a list: what it has in common with trees that were lost
visits     The trees to look at first, in rounds that a crew can walk
drawing    The figures of the chapters on trees
citizens   The citizens' page: trees near a place, on one page that needs no network
"""

from datakit.lending import lend

_LENT = {
    "standardise": "datakit.trees.inventory.standard",
    "suggest_crosswalk": "datakit.trees.inventory.suggest",
    "audit": "datakit.trees.checks.outcome",
    "visit_list": "datakit.trees.visits",
}
__getattr__, __dir__, __all__ = lend(__name__, _LENT, __doc__)
