using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Puts steps in order and gathers everything that is wrong with them.</summary>
internal static class GraphChecks
{
    public static StepGraph Create(Step[] steps)
    {
        Array.Sort(steps, static (a, b) => a.Name.CompareTo(b.Name));
        var problems = new List<Diagnostic>();
        var index = Names(steps, problems);
        var producers = Array.ConvertAll(steps, step => Producers(step, steps, index, problems));
        Overlaps(steps, problems);
        Addresses(steps);
        var order = Order(steps, producers);
        if (order.Count < steps.Length)
        {
            Cycles(steps, producers, [.. order], problems);
        }

        return problems.Count > 0 ? throw new DiagnosticException(problems) : Renumbered(steps, producers, order);
    }

    private static Dictionary<StepName, int> Names(Step[] steps, List<Diagnostic> problems)
    {
        var index = new Dictionary<StepName, int>(steps.Length);
        for (var i = 0; i < steps.Length; i++)
        {
            if (!index.TryAdd(steps[i].Name, i))
            {
                problems.Add(new("MLO3001", $"two steps are named '{steps[i].Name}'")
                {
                    Where = Places(steps[index[steps[i].Name]], steps[i]),
                    Mend = "rename one of them",
                });
            }
        }

        return index;
    }

    private static int[] Producers(Step step, Step[] steps, Dictionary<StepName, int> index, List<Diagnostic> problems)
    {
        var producers = new SortedSet<int>();
        foreach (var (name, input) in step.Inputs)
        {
            if (input is not OutputInput wanted)
            {
                continue;
            }

            if (!index.TryGetValue(wanted.Step, out var producer))
            {
                problems.Add(Missing(step, name, $"step '{wanted.Step}', which does not exist", wanted.Step.Value, steps.Select(s => s.Name.Value)));
            }
            else if (!steps[producer].Outputs.Contains(wanted.Output))
            {
                problems.Add(Missing(step, name, $"output '{wanted.Output}', which step '{wanted.Step}' does not make", wanted.Output, steps[producer].Outputs));
            }
            else
            {
                producers.Add(producer);
            }
        }

        return [.. producers];
    }

    private static Diagnostic Missing(Step step, string input, string what, string word, IEnumerable<string> candidates) =>
        new("MLO3003", $"step '{step.Name}' reads {what}")
        {
            Where = step.Origin,
            Why = $"{step.Name} → {word} (input '{input}')",
            Mend = Diagnostic.Nearest(word, candidates) is { } near ? $"did you mean '{near}'?" : "declare it, or remove the input",
        };

    /// <summary>Paths in <c>.mlops/out</c> must be one step's own; sorted by segments, an overlap is always between neighbours.</summary>
    private static void Overlaps(Step[] steps, List<Diagnostic> problems)
    {
        var writes = steps.SelectMany(step => step.CheckedOut.Values.Select(path => (Path: path, Step: step)))
            .OrderBy(write => write.Path.Value.Replace('/', '\0'), StringComparer.Ordinal).ToArray();
        for (var i = 1; i < writes.Length; i++)
        {
            if (writes[i - 1].Path.Overlaps(writes[i].Path))
            {
                var (a, b) = (writes[i - 1], writes[i]);
                problems.Add(new("MLO3004", $"two outputs overlap: '{a.Path}' and '{b.Path}'")
                {
                    Where = Places(a.Step, b.Step),
                    Why = $"{a.Step.Name} → {a.Path}, {b.Step.Name} → {b.Path}",
                    Mend = "let each path be written by one step",
                });
            }
        }
    }

    /// <summary>Places in the lock are given by Pipelines, not by users: a clash is a bug.</summary>
    private static void Addresses(Step[] steps)
    {
        var taken = new HashSet<(string, string)>();
        foreach (var step in steps)
        {
            var owner = step.Address.Owner;
            if (owner.Length > 0 && (owner.Count(c => c == '/') != 1 || owner[0] == '/' || owner[^1] == '/'))
            {
                throw new ArgumentException($"step '{step.Name}': the owner '{owner}' is not 'section/name'");
            }

            if (step.FactNames.Contains("steps") || (owner.Length == 0 && step.FactNames.Count > 0))
            {
                throw new ArgumentException($"step '{step.Name}': facts need an owner and must not be named 'steps'");
            }

            foreach (var place in step.FactNames.Select(fact => $"{owner}/{fact}"))
            {
                if (!taken.Add(("fact", place)))
                {
                    throw new ArgumentException($"step '{step.Name}': another step yields the fact '{place}'");
                }
            }
        }

        // Steps of one name have one address; that is told to the user already.
        foreach (var group in steps.DistinctBy(s => s.Name).GroupBy(s => s.Address).Where(g => g.Count() > 1))
        {
            throw new ArgumentException($"steps '{string.Join("', '", group.Select(s => s.Name))}' share the lock's place {group.Key}");
        }
    }

    /// <summary>Kahn's algorithm; the queue makes the order follow from the steps alone. Steps on or behind a cycle are left out.</summary>
    private static List<int> Order(Step[] steps, int[][] producers)
    {
        var consumers = Consumers(producers);
        var missing = Array.ConvertAll(producers, p => p.Length);
        var ready = new PriorityQueue<int, int>();
        for (var i = 0; i < steps.Length; i++)
        {
            if (missing[i] == 0)
            {
                ready.Enqueue(i, i);
            }
        }

        var order = new List<int>(steps.Length);
        while (ready.TryDequeue(out var next, out _))
        {
            order.Add(next);
            foreach (var consumer in consumers[next])
            {
                if (--missing[consumer] == 0)
                {
                    ready.Enqueue(consumer, consumer);
                }
            }
        }

        return order;
    }

    public static List<int>[] Consumers(int[][] producers)
    {
        var consumers = new List<int>[producers.Length];
        for (var i = 0; i < producers.Length; i++)
        {
            consumers[i] = [];
        }

        for (var i = 0; i < producers.Length; i++)
        {
            foreach (var producer in producers[i])
            {
                consumers[producer].Add(i);
            }
        }

        return consumers;
    }

    private static void Cycles(Step[] steps, int[][] producers, HashSet<int> done, List<Diagnostic> problems)
    {
        // Every step left reads from another one left, so a walk along these must come back to itself or to an earlier walk.
        var walked = new HashSet<int>();
        for (var start = 0; start < steps.Length; start++)
        {
            var walk = new List<int>();
            var at = start;
            while (!done.Contains(at) && walked.Add(at))
            {
                walk.Add(at);
                at = Array.Find(producers[at], producer => !done.Contains(producer));
            }

            if (walk.IndexOf(at) is var from and >= 0)
            {
                problems.Add(new("MLO3002", "steps depend on each other in a circle")
                {
                    Where = steps[at].Origin,
                    Why = string.Join(" → ", walk[from..].Append(at).Select(i => steps[i].Name.Value)),
                    Mend = "remove one of these inputs",
                });
            }
        }
    }

    private static StepGraph Renumbered(Step[] steps, int[][] producers, List<int> order)
    {
        var position = new int[steps.Length];
        for (var i = 0; i < order.Count; i++)
        {
            position[order[i]] = i;
        }

        var sorted = order.ConvertAll(i => steps[i]).ToArray();
        var index = new Dictionary<StepName, int>(sorted.Length);
        for (var i = 0; i < sorted.Length; i++)
        {
            index.Add(sorted[i].Name, i);
        }

        return new(sorted, [.. order.Select(i => producers[i].Select(p => position[p]).Order().ToArray())], index);
    }

    private static string? Places(Step a, Step b) =>
        a.Origin == b.Origin || b.Origin is null ? a.Origin : a.Origin is null ? b.Origin : $"{a.Origin}, {b.Origin}";
}
