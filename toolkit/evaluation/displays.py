"""Pictures of a report, in the shape of scikit-learn's displays and without pyplot."""

