namespace MlOps.Scoring.Internal;

/// <summary>Shapley values of the leaves of trees, path by path.</summary>
/// <remarks>
/// A leaf's share of the expectation given a set S of known features is its value times a product over the distinct features of its path: of those in S, whether the row
/// takes the path (o, 0 or 1); of the others, the share of training rows that does (z). The Shapley values of a product are those of its multilinear extension (Owen 1972,
/// <see href="https://doi.org/10.1287/mnsc.18.5.64"/>): feature i gets <c>(o_i − z_i) ∫ Π_{j≠i} (z_j + t (o_j − z_j)) dt</c> over t from 0 to 1. The integrand is a polynomial,
/// so Gauss–Legendre quadrature is exact; its factors are not negative, so that nothing cancels however deep the tree, unlike where TreeSHAP's paths are unwound.
/// </remarks>
internal sealed class TreeAttribution : Attribution
{
    private readonly int _count;
    private readonly Path[] _paths;
    private readonly Quadrature[] _quadratures;

    // The features that trees ask for, ascending, and their columns.
    private readonly int[] _features;
    private readonly int[] _columns;

    public TreeAttribution(TreeEnsemble ensemble, int[] columns, int count)
    {
        _count = count;
        BaseValues = Array.ConvertAll(ensemble.BaseScores, score => (double)score);
        _features = [.. ensemble.Trees.SelectMany(tree => tree.Feature).Where(feature => feature >= 0).Distinct().Order()];
        _columns = Array.ConvertAll(_features, feature => columns[feature]);
        var places = new Dictionary<int, int>();
        foreach (var feature in _features)
        {
            places.Add(feature, places.Count);
        }

        _paths = [.. ensemble.Trees.SelectMany(tree => Paths(tree, places))];
        foreach (var path in _paths)
        {
            BaseValues[path.Output] += path.Steps.Aggregate((double)path.Value, (share, step) => share * step.Share);
        }

        var most = _paths.Select(path => path.Steps.Length).DefaultIfEmpty().Max();
        _quadratures = [.. Enumerable.Range(0, most + 1).Select(steps => Quadrature.Of(Math.Max((steps + 1) / 2, 1)))];
    }

    public override double[] BaseValues { get; }

    public override void AddTo(FeatureMatrix features, double[] contributions)
    {
        var size = BaseValues.Length * _count;
        var values = new float[_features.Length];
        var work = new double[2 * _quadratures.Length];
        for (var r = 0; r < features.Rows; r++)
        {
            Gather(features, r, values);
            foreach (var path in _paths)
            {
                Add(path, values, contributions.AsSpan((r * size) + (path.Output * _count), _count), work);
            }
        }
    }

    private void Add(Path path, float[] values, Span<double> row, double[] work)
    {
        var steps = path.Steps;
        var slopes = work.AsSpan(0, steps.Length);
        var sums = work.AsSpan(_quadratures.Length, steps.Length);
        for (var i = 0; i < steps.Length; i++)
        {
            ref readonly var step = ref steps[i];
            var takes = step.Takes(values[step.Place]);
            if (!takes && step.Share == 0)
            {
                return; // neither this row nor any that trained comes here
            }

            slopes[i] = (takes ? 1 : 0) - step.Share;
        }

        sums.Clear();
        var (points, weights) = _quadratures[steps.Length];
        for (var q = 0; q < points.Length; q++)
        {
            var product = weights[q];
            for (var i = 0; i < steps.Length; i++)
            {
                product *= steps[i].Share + (points[q] * slopes[i]);
            }

            for (var i = 0; i < steps.Length; i++)
            {
                sums[i] += product / (steps[i].Share + (points[q] * slopes[i]));
            }
        }

        for (var i = 0; i < steps.Length; i++)
        {
            row[_columns[steps[i].Place]] += path.Value * slopes[i] * sums[i];
        }
    }

    // Both ascend; a sparse feature that the row lacks is 0.
    private void Gather(FeatureMatrix features, int row, float[] values)
    {
        var at = 0;
        for (; at < _features.Length && _features[at] < features.Dense.Length; at++)
        {
            values[at] = features.Dense[_features[at]][row];
        }

        values.AsSpan(at).Clear();
        if (features.Sparse is { } sparse)
        {
            for (var e = sparse.RowStart[row]; e < sparse.RowStart[row + 1]; e++)
            {
                var feature = features.Dense.Length + sparse.Index[e];
                while (at < _features.Length && _features[at] < feature)
                {
                    at++;
                }

                if (at < _features.Length && _features[at] == feature)
                {
                    values[at] = sparse.Value[e];
                }
            }
        }
    }

    private static List<Path> Paths(Tree tree, Dictionary<int, int> places)
    {
        var paths = new List<Path>();
        var open = new Stack<(int Node, Step[] Steps)>([(0, [])]);
        while (open.TryPop(out var at))
        {
            var (node, steps) = at;
            if (tree.Feature[node] < 0)
            {
                paths.Add(new(tree.Output, tree.Value[node], steps));
                continue;
            }

            var (left, right) = (tree.Left[node], tree.Right[node]);
            var all = (double)tree.Cover[left] + tree.Cover[right];
            var place = places[tree.Feature[node]];
            var (leftShare, rightShare) = all == 0 ? (0.5, 0.5) : (tree.Cover[left] / all, tree.Cover[right] / all);
            var step = new Step(place, 1, Step.Any, float.PositiveInfinity, CategorySet.All, tree.MissingLeft[node]);
            var (stays, turns) = tree.HasSet(node)
                ? (step with { Categories = tree.Sets[node] }, step with { Categories = tree.Sets[node].Complement() })
                : (step with { UpTo = tree.Threshold[node] }, step with { Above = tree.Threshold[node] });
            open.Push((right, Extended(steps, turns with { Share = rightShare, Missing = !tree.MissingLeft[node] })));
            open.Push((left, Extended(steps, stays with { Share = leftShare })));
        }

        return paths;
    }

    // A feature that is asked for again has one step that says both.
    private static Step[] Extended(Step[] steps, Step step)
    {
        var at = Array.FindIndex(steps, known => known.Place == step.Place);
        if (at < 0)
        {
            return [.. steps, step];
        }

        var extended = (Step[])steps.Clone();
        extended[at] = steps[at].And(step);
        return extended;
    }

    private sealed record Path(int Output, float Value, Step[] Steps);

    /// <summary>What one feature must be for a row to take a path.</summary>
    /// <param name="Place">The feature's place among those asked for.</param>
    /// <param name="Share">Of the training rows at its nodes, those that go along.</param>
    /// <param name="Above">The value is not at most this; <see cref="Any"/> for no limit.</param>
    /// <param name="UpTo">The value is at most this.</param>
    /// <param name="Categories">The value is one of these.</param>
    /// <param name="Missing">Whether NaN goes along.</param>
    private readonly record struct Step(int Place, double Share, float Above, float UpTo, CategorySet Categories, bool Missing)
    {
        public const float Any = float.NaN;

        public bool Takes(float value) => float.IsNaN(value) ? Missing
            : value <= UpTo && !(value <= Above) && (Categories == CategorySet.All || Categories.Contains(CategorySet.Of(value)));

        public Step And(Step next) => new(Place, Share * next.Share,
            float.IsNaN(Above) ? next.Above : float.IsNaN(next.Above) ? Above : Math.Max(Above, next.Above), Math.Min(UpTo, next.UpTo),
            Categories.Intersection(next.Categories), Missing && next.Missing);
    }
}
