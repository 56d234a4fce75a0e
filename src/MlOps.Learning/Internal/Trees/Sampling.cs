using MlOps.Content;
using MlOps.Data;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Chooses rows and features by hashes of the rows' content, the seed and the round: chance that comes out the same every time.</summary>
internal sealed class Sampling
{
    private const ulong ForValidation = 1, ForRows = 2, ForFeatures = 3;

    private readonly BoostedTreesOptions _options;
    private readonly ulong _content;
    private readonly bool[]? _learnt;
    private readonly bool[]? _chosen;

    public Sampling(BoostedTreesOptions options, Training training)
    {
        _options = options;
        if (options is { RowShare: 1, FeatureShare: 1, EarlyStopping: null })
        {
            return;
        }

        var all = training.Hashes();
        foreach (var hash in all)
        {
            _content += RowHash.Mix(hash);
        }

        _content = RowHash.Mix(_content ^ RowHash.Mix((ulong)options.Seed));
        if (options.EarlyStopping is { } stopping)
        {
            var validates = Validates(training, all, stopping.Share);
            Validation = [.. Enumerable.Range(0, all.Length).Where(row => validates[row])];
            _learnt = [.. validates.Select(v => !v)];
        }

        _chosen = options.RowShare < 1 ? new bool[all.Length] : null;
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

    /// <summary>As the model's split tells test rows from training rows.</summary>
    private bool[] Validates(Training training, ulong[] rows, double share)
    {
        var split = training.Folds;
        var validates = split switch
        {
            { By: SplitBy.Time } => SortedSplit.Last(Split.Times(training.Rows[split.Column!]), share),
            { By: SplitBy.Group } => SortedSplit.WithinClasses(ByChance(RowHash.Of(new Frame([training.Rows[split.Column!]]))), new int[rows.Length], share),
            _ => SortedSplit.WithinClasses(ByChance(rows), training.Classes.Count > 0 ? [.. training.Classes] : new int[rows.Length], share),
        };
        return split is null || validates.Contains(true) ? validates : throw new DiagnosticException(new Diagnostic("MLO6072", "early stopping has no rows to look at")
        {
            Why = $"rows with one '{split.Column}' stay together, as \"split\" says, and all training rows have the same",
            Mend = "remove \"earlyStopping\" of \"trainer\", or split by something else",
        });

        // Hashed again: the test rows were chosen by the hash itself.
        ulong[] ByChance(ulong[] hashes) => Array.ConvertAll(hashes, hash => RowHash.Mix(hash ^ Chance(ForValidation, 0)));
    }

    private ulong Chance(ulong use, int number) => RowHash.Mix(_content ^ RowHash.Mix((use << 32) | (uint)number));
}
