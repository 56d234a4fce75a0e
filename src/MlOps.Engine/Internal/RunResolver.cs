using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Turns run declarations into steps: finds out which reads are files of the workspace and which are made by other steps.</summary>
internal sealed class RunResolver(IReadOnlyList<RunDeclaration> declarations, IReadOnlyDictionary<string, Step> others)
{
    private readonly List<Diagnostic> _problems = [];

    /// <summary>Steps by <c>OWNER\nKEY</c> and by full name, instances under what was declared.</summary>
    private ILookup<string, RunDeclaration>? _byName;

    /// <summary>The folders that steps write into, each with one of the files.</summary>
    private readonly Dictionary<string, (RunDeclaration Declaration, string Path)> _writtenFolders = new(StringComparer.Ordinal);

    public IReadOnlyList<Step> Steps()
    {
        var good = declarations.Where(Check).ToArray();
        var writers = new Dictionary<WorkspacePath, OutputInput>();
        foreach (var declaration in good)
        {
            foreach (var path in declaration.Writes)
            {
                // A second writer of the same path is refused by the graph, which shows both.
                var written = declaration.InWorkspace(path);
                writers.TryAdd(written, new(declaration.Name, WorkspacePath.Parse(path).Value));
                for (var slash = written.Value.LastIndexOf('/');
                    slash > 0 && _writtenFolders.TryAdd(written.Value[..slash], (declaration, written.Value));
                    slash = written.Value.LastIndexOf('/', slash - 1))
                {
                }
            }
        }

        var steps = good.Select(declaration => ToStep(declaration, writers, good)).ToArray();
        return _problems.Count == 0 ? steps : throw new DiagnosticException(_problems);
    }

    private bool Check(RunDeclaration declaration)
    {
        var before = _problems.Count;
        if (!StepName.TryParse(declaration.FullName, out _) || declaration.Key.Contains('/', StringComparison.Ordinal))
        {
            Bad(declaration, "has a name with other characters than letters, digits, '-', '_' and '.'", "rename it");
        }

        if (declaration.Run.IsDefaultOrEmpty || declaration.Run.Any(argument => argument.Contains('\0', StringComparison.Ordinal)) || declaration.Run[0].Length == 0)
        {
            Bad(declaration, "has no program to run", "\"run\": [\"python3\", \"embed.py\"]");
        }

        if (declaration.Writes.IsDefaultOrEmpty)
        {
            Bad(declaration, "writes nothing", "name the files that it makes under 'writes'");
        }

        foreach (var path in declaration.Reads.Where(read => !read.StartsWith('@')).Concat(declaration.Writes.IsDefault ? [] : declaration.Writes))
        {
            if (!WorkspacePath.TryParse(path, out var parsed) || parsed.Overlaps(s_own))
            {
                Bad(declaration, $"names '{path}', which is not a path inside the workspace", "use a relative path with '/' and without '..', outside .mlops");
            }
        }

        return _problems.Count == before;
    }

    private static readonly WorkspacePath s_own = WorkspacePath.Parse(".mlops");

    private Step ToStep(RunDeclaration declaration, Dictionary<WorkspacePath, OutputInput> writers, RunDeclaration[] good)
    {
        var inputs = ImmutableSortedDictionary.CreateBuilder<string, StepInput>(StringComparer.Ordinal);
        foreach (var read in declaration.Reads)
        {
            foreach (var (name, input) in read.StartsWith('@') ? OutputsOf(declaration, read[1..], good) : [Input(declaration, read, writers)])
            {
                inputs[name] = input;
            }
        }

        var outputs = declaration.Writes.Select(path => WorkspacePath.Parse(path)).ToArray();
        foreach (var (name, input) in inputs)
        {
            if (input is FileInput file && _writtenFolders.TryGetValue(file.Path.Value, out var writer) && writer.Declaration != declaration)
            {
                Bad(declaration, $"reads the folder '{name}', but step '{writer.Declaration.Key}' writes '{writer.Path}'", $"name the files that it reads, or '@{writer.Declaration.Key}'");
            }

            foreach (var output in outputs.Where(output => WorkspacePath.Parse(name).Overlaps(output)))
            {
                Bad(declaration, $"reads and writes '{output}'", "write to another path");
            }
        }

        return new()
        {
            Name = declaration.Name,
            Action = RunExecutor.Action,
            Address = new(declaration.Owner, declaration.Key),
            Parameters = new JsonObject { [RunExecutor.Action] = new JsonArray([.. declaration.Run.Select(argument => JsonValue.Create(argument))]) },
            Inputs = inputs.ToImmutable(),
            Outputs = outputs.Select(path => path.Value).ToImmutableSortedSet(StringComparer.Ordinal),
            CheckedOut = outputs.Distinct().ToImmutableSortedDictionary(path => path.Value, path => declaration.InWorkspace(path.Value), StringComparer.Ordinal),
            Origin = declaration.Origin,
        };
    }

    private static (string Name, StepInput Input) Input(RunDeclaration declaration, string read, Dictionary<WorkspacePath, OutputInput> writers)
    {
        var path = declaration.InWorkspace(read);
        return (WorkspacePath.Parse(read).Value, writers.TryGetValue(path, out var output) ? output : new FileInput(path));
    }

    private IEnumerable<(string Name, StepInput Input)> OutputsOf(RunDeclaration declaration, string word, RunDeclaration[] good)
    {
        // Its own owner's steps come first, then the workspace's, then the built-in ones.
        _byName ??= good.SelectMany(other => new[] { (Name: $"{other.Owner}\n{new StepSelector(other.Key).Declared}", Step: other), (Name: new StepSelector(other.FullName).Declared, Step: other) })
            .ToLookup(named => named.Name, named => named.Step, StringComparer.Ordinal);
        var wanted = new StepSelector(word);
        foreach (var name in new[] { $"{declaration.Owner}\n{wanted.Declared}", $"\n{wanted.Declared}", wanted.Declared })
        {
            var found = _byName[name].Where(other => wanted.Covers(name == wanted.Declared ? other.FullName : other.Key)).ToList();
            if (found.Count > 0)
            {
                return found.SelectMany(step => step.Writes.Select(path => WorkspacePath.Parse(path).Value).Select(path => (path, (StepInput)new OutputInput(step.Name, path))));
            }
        }

        if (others.TryGetValue($"{declaration.Owner[(declaration.Owner.LastIndexOf('/') + 1)..]}/{word}", out var step) || others.TryGetValue(word, out step))
        {
            return step.StandsForItsInputs
                ? step.Inputs.Select(input => (input.Key, input.Value is FileInput file ? file with { InLock = true } : input.Value))
                : step.Outputs.Select(output => (output, (StepInput)new OutputInput(step.Name, output)));
        }

        var near = Diagnostic.Nearest(word, good.Select(other => new StepSelector(other.Key).Declared).Concat(good.Select(other => other.Key)).Concat(others.Keys));
        Bad(declaration, $"reads '@{word}', but there is no such step", near is null ? "declare it under 'steps'" : $"did you mean '@{near}'?");
        return [];
    }

    private void Bad(RunDeclaration declaration, string what, string mend) =>
        _problems.Add(new("MLO3006", $"step '{declaration.Key}' {what}") { Where = declaration.Origin, Mend = mend });
}
