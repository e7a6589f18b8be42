r"""How people differ under one model: correlated deviates, as the source prints them and never invented.

$$ P_i = P_{typical}\, e^{\eta_i}, \qquad \eta \sim N(0, \Omega), \qquad \Omega = L L^T, \qquad \eta = L z. $$

A parameter without a printed variance has no deviate. No file, no clock; random numbers only from the generator given.
"""

import numpy as np

from ebbtide.pharmacology.engine.cohort import parameters_of
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.errors import MalformedModel
from ebbtide.pharmacology.published.models import Model

NOTHING_LEFT = 1e-12  # of the largest variance: what floating point leaves of a zero


def check_variability(model: Model) -> None:
    """A model's variability names parameters that it has, once each, and a possible covariance matrix.

    Raises:
        MalformedModel: By the name of the model and of the parameter.
    """
    spread = model.variability
    known = {parameter.name for parameter in parameters_of(model)}
    paired = {name for covariance in spread.covariances for name in covariance.between}
    if strange := sorted({*spread.log_variance, *paired, *spread.shared, *spread.shared.values()} - known):
        raise MalformedModel(
            f"{model.id} has no parameter {', '.join(strange)} that could vary: it has {', '.join(sorted(known))}."
        )
    if unvaried := sorted({*paired, *spread.shared.values()} - set(spread.log_variance)):
        raise MalformedModel(
            f"{model.id} gives no variance of {', '.join(unvaried)}: a covariance or a shared deviate needs one."
        )
    if twice := sorted(set(spread.shared) & set(spread.log_variance)):
        raise MalformedModel(
            f"{model.id}: {', '.join(twice)} shares a deviate and has a variance of its own: give one of the two."
        )
    covariance_factor(model)


def covariance_of(model: Model) -> tuple[tuple[str, ...], FloatArray]:
    """The names of the parameters that vary, in the order of the data file, and their covariance matrix."""
    names = tuple(model.variability.log_variance)
    matrix = np.diag([model.variability.log_variance[name] for name in names])
    for covariance in model.variability.covariances:
        row, column = (names.index(name) for name in covariance.between)
        if row == column or matrix[row, column] != 0:
            raise MalformedModel(
                f"{model.id} gives the covariance of {' and '.join(covariance.between)} twice or of one with itself: "
                "give each pair once."
            )
        matrix[row, column] = matrix[column, row] = covariance.value
    return names, matrix


def covariance_factor(model: Model) -> FloatArray:
    """L, lower triangular, with L L^T the covariance matrix: a Cholesky factor that also takes a variance of zero.

    Our own few lines, because numpy's refuses a matrix that is only semi-definite, and an eigenvector may come with
    either sign, so that one seed would give other people on another machine.

    Raises:
        MalformedModel: The matrix is not positive semi-definite: no people could differ in that way.
    """
    names, left = covariance_of(model)
    least = NOTHING_LEFT * float(np.max(np.diagonal(left), initial=0.0))
    factor = np.zeros_like(left)
    for place, name in enumerate(names):
        pivot, column = float(left[place, place]), left[place:, place]
        if not np.all(np.isfinite(column)) or (pivot <= least and np.any(np.abs(column) > least)):
            raise MalformedModel(
                f"{model.id}: the covariance matrix is not positive semi-definite at {name} "
                f"(what is left of its variance is {pivot:.4g}): correct the variances or covariances."
            )
        if pivot > least:
            factor[place:, place] = column / np.sqrt(pivot)
            left = left - np.outer(factor[:, place], factor[:, place])
    return factor


def deviates_of(model: Model, size: int, rng: np.random.Generator) -> dict[str, FloatArray]:
    r"""The deviates eta of so many people (log units), by parameter name; empty when none is published.

    $$ \eta = L z, \quad z \sim N(0, I). $$ Draws ``size`` x k standard normal numbers, person by person, k parameters in
    the order of the data file; a shared deviate draws nothing. Checked in tests/pharmacology/test_population.py.
    """
    names, factor = tuple(model.variability.log_variance), covariance_factor(model)
    drawn = rng.standard_normal((size, len(names))) @ factor.T
    deviates = {name: np.ascontiguousarray(drawn[:, place]) for place, name in enumerate(names)}
    return deviates | {name: deviates[of] for name, of in model.variability.shared.items()}
