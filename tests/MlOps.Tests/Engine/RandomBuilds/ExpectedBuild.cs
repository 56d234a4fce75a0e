namespace MlOps.Tests.Engine.RandomBuilds;

/// <summary>What is known of a step's earlier run.</summary>
internal sealed record Memo(string Key, IReadOnlyDictionary<string, string> Outputs, bool HasFact);

/// <summary>What a build of a world must do.</summary>
/// <param name="Order">The steps wanted, producers first.</param>
internal sealed class ExpectedBuild(IReadOnlyList<RandomStep> Order)
{
    public IReadOnlyList<RandomStep> Order { get; } = Order;

    /// <summary>Whether a wanted step reads a path where nothing is.</summary>
    public bool MissesFile { get; set; }

    /// <summary>The names of the steps that content requires to run if all others that can run do; in order.</summary>
    public List<string> Runs { get; } = [];

    /// <summary>Those of them that fail.</summary>
    public HashSet<string> Failing { get; } = [];

    /// <summary>What each step that can have a result gives, by name: the naive build.</summary>
    public Dictionary<string, Memo> Results { get; } = [];

    /// <summary>What only the lock knows before the build and a record must keep.</summary>
    public List<Memo> Kept { get; } = [];
}

/// <summary>What a build must execute, told from content alone: nothing whose result under the same key is still at hand, and nothing else.</summary>
/// <remarks>It knows no fingerprints, stats or files: only what was computed under which key, and which of it was deleted since.</remarks>
internal sealed class BuildMemory
{
    /// <summary>Results by key.</summary>
    public Dictionary<string, Memo> Records { get; } = [];

    /// <summary>The bytes that the store has.</summary>
    public HashSet<string> Objects { get; } = [];

    /// <summary>What the lock says, by step name.</summary>
    public Dictionary<string, Memo> Lock { get; set; } = [];

    /// <summary>Names whose lines in the lock were edited by hand; only a record tells the truth of them.</summary>
    public HashSet<string> Lies { get; } = [];

    public ExpectedBuild Expect(RandomWorld world, IReadOnlyList<RandomStep> order, bool forceAll, string? force)
    {
        var expected = new ExpectedBuild(order);
        var undecided = new HashSet<int>();
        foreach (var step in order)
        {
            if (Inputs(world, step, expected) is not { } inputs)
            {
                continue;
            }

            var key = step.Key(inputs);
            var result = new Memo(key, step.Outputs.ToDictionary(output => output, output => step.Compute(output, inputs)), step.HasFact);
            var forced = forceAll || force == step.Name;
            var waits = step.Inputs.Values.Any(input => input.Path is null && undecided.Contains(input.Producer));
            var inLock = InLock(step, key);
            if (forced || (!inLock && !IsRecorded(step, key)))
            {
                expected.Runs.Add(step.Name);
                undecided.Add(step.Id);
            }
            else if (waits)
            {
                undecided.Add(step.Id);
            }

            if ((waits || forced || !inLock) && OnlyInLock(step) is { } kept)
            {
                expected.Kept.Add(kept);
            }

            if (step.Fails && expected.Runs.Contains(step.Name))
            {
                expected.Failing.Add(step.Name);
            }
            else
            {
                expected.Results.Add(step.Name, result);
            }
        }

        // A step behind a failing one is never decided, but it waits, and what the lock knows of it is kept as well.
        foreach (var step in order.Where(step => !expected.Results.ContainsKey(step.Name) && !expected.Failing.Contains(step.Name)))
        {
            expected.Kept.AddRange(OnlyInLock(step) is { } kept ? [kept] : []);
        }

        return expected;
    }

    /// <summary>A build began that has something to do.</summary>
    public void Begin(ExpectedBuild expected)
    {
        foreach (var kept in expected.Kept)
        {
            Records.TryAdd(kept.Key, kept);
        }
    }

    /// <summary>A step ran and its result was published.</summary>
    public void Publish(Memo result)
    {
        Records[result.Key] = result;
        Objects.UnionWith(result.Outputs.Values);
    }

    /// <summary>The lock was written: new results for what was wanted, the old lines of what is still declared.</summary>
    public void WriteLock(RandomWorld world, ExpectedBuild expected)
    {
        var now = new Dictionary<string, Memo>();
        foreach (var step in world.Steps)
        {
            if (expected.Results.TryGetValue(step.Name, out var result))
            {
                now.Add(step.Name, result);
                Lies.Remove(step.Name);
            }
            else if (Lock.TryGetValue(step.Name, out var before))
            {
                now.Add(step.Name, before with { HasFact = before.HasFact && step.HasFact });
            }
        }

        Lock = now;
        Lies.IntersectWith(now.Keys);
    }

    private static Dictionary<string, string>? Inputs(RandomWorld world, RandomStep step, ExpectedBuild expected)
    {
        var inputs = new Dictionary<string, string>();
        foreach (var (name, input) in step.Inputs)
        {
            var content = input.Path is { } path ? world.Content(path)
                : expected.Results.TryGetValue(world.Find(input.Producer).Name, out var producer) ? producer.Outputs[input.Output] : null;
            expected.MissesFile |= content is null && input.Path is not null;
            if (content is not null)
            {
                inputs.Add(name, content);
            }
        }

        return inputs.Count == step.Inputs.Count ? inputs : null;
    }

    private bool InLock(RandomStep step, string key) =>
        Lock.TryGetValue(step.Name, out var locked) && locked.Key == key && IsWhole(step, locked) && (!step.HasFact || locked.HasFact)
        && !(Lies.Contains(step.Name) && Records.ContainsKey(key));

    private bool IsRecorded(RandomStep step, string key) =>
        Records.TryGetValue(key, out var record) && IsWhole(step, record) && record.HasFact == step.HasFact;

    private bool IsWhole(RandomStep step, Memo memo) => step.Outputs.SetEquals(memo.Outputs.Keys) && memo.Outputs.Values.All(Objects.Contains);

    private Memo? OnlyInLock(RandomStep step) =>
        Lock.TryGetValue(step.Name, out var locked) && !Records.ContainsKey(locked.Key) && IsWhole(step, locked) && (!step.HasFact || locked.HasFact)
            ? locked with { HasFact = step.HasFact }
            : null;
}
