"""Numbers on arrays: no frame, no column name.

``limits``            quantiles, p-values and interval forms
``newton``            maximisation with step-halving, and how it ended
``least_squares``     QR with column scaling
``sandwich``          sums over clusters
``cluster_robust``    heteroscedasticity- and cluster-robust covariance of least squares
``engine``            the one switch between numpy and numba
"""
