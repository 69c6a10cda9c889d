# Nothing of it is needed to read a recipe.
