namespace MlOps.Learning.Internal.Trees;

/// <summary>Chooses rows and features by hashes of the rows' content, the seed and the round: chance that comes out the same every time.</summary>
internal sealed class Sampling
{
    private const ulong ForValidation = 1, ForRows = 2, ForFeatures = 3;

    private readonly BoostedTreesOptions _options;
    private readonly ulong _content;
    private readonly bool[]? _learnt;
    private readonly bool[]? _chosen;

    /// <param name="hashes">Of the rows' content; only looked at where the options leave anything to chance.</param>
    public Sampling(BoostedTreesOptions options, FitRows rows, Func<ulong[]> hashes)
    {
        _options = options;
        if (options is { RowShare: 1, FeatureShare: 1, EarlyStopping: null })
        {
            return;
        }

        var all = hashes();
        foreach (var hash in all)
        {
            _content += RowHash.Mix(hash);
        }

        _content = RowHash.Mix(_content ^ RowHash.Mix((ulong)options.Seed));
        if (options.EarlyStopping is { } stopping)
        {
            // Hashed again: the test rows were chosen by the hash itself.
            var classes = rows.Labels.Classes.Length > 0 ? rows.Labels.Classes : new int[rows.Count];
            var validates = SortedSplit.WithinClasses([.. all.Select(hash => RowHash.Mix(hash ^ Chance(ForValidation, 0)))], classes, stopping.Share);
            Validation = [.. Enumerable.Range(0, rows.Count).Where(row => validates[row])];
            _learnt = [.. validates.Select(v => !v)];
        }

        _chosen = options.RowShare < 1 ? new bool[rows.Count] : null;
    }

    /// <summary>The rows that early stopping looks at and no tree learns from.</summary>
    public int[] Validation { get; } = [];

    /// <summary>Whether a round's trees learn from each row; null for all.</summary>
    public bool[]? Rows(int round)
    {
        if (_chosen is null)
        {
            return _learnt;
        }

        var (chance, limit) = (Chance(ForRows, round), (ulong)(_options.RowShare * 18446744073709551616.0));
        for (var row = 0; row < _chosen.Length; row++)
        {
            _chosen[row] = RowHash.Mix(chance ^ (ulong)row) < limit && _learnt?[row] != false;
        }

        return _chosen;
    }

    /// <summary>Whether a tree may use each feature; null for all.</summary>
    /// <param name="tree">Its number, over all rounds and outputs.</param>
    public bool[]? Features(int tree, int features)
    {
        if (_options.FeatureShare == 1 || features == 0)
        {
            return null;
        }

        var chance = Chance(ForFeatures, tree);
        var allowed = new bool[features];
        var count = Math.Max(1, (int)Math.Round(_options.FeatureShare * features, MidpointRounding.AwayFromZero));
        foreach (var feature in Enumerable.Range(0, features).OrderBy(f => RowHash.Mix(chance ^ (ulong)f)).Take(count))
        {
            allowed[feature] = true;
        }

        return allowed;
    }

    private ulong Chance(ulong use, int number) => RowHash.Mix(_content ^ RowHash.Mix((use << 32) | (uint)number));
}
