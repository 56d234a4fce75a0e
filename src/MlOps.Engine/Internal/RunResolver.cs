using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Turns run declarations into steps: finds out which reads are files of the workspace and which are made by other steps.</summary>
internal sealed partial class RunResolver(IReadOnlyList<RunDeclaration> declarations, IReadOnlyDictionary<string, Step> others, Func<string, string?> variable)
{
    private static readonly WorkspacePath s_own = WorkspacePath.Parse(".mlops");

    private readonly List<Diagnostic> _problems = [];
    private readonly Dictionary<WorkspacePath, (RunDeclaration Declaration, string Output)> _writers = [];

    /// <summary>Steps by <c>OWNER\nKEY</c> and by full name, instances under what was declared.</summary>
    private ILookup<string, RunDeclaration>? _byName;

    /// <summary>The folders that steps write into, each with one of the files.</summary>
    private readonly Dictionary<string, (RunDeclaration Declaration, string Path)> _writtenFolders = new(StringComparer.Ordinal);

    public IReadOnlyList<Step> Steps()
    {
        var good = declarations.Where(Check).ToArray();
        foreach (var declaration in good)
        {
            foreach (var output in OutputsOf(declaration))
            {
                // A second writer of the same path is refused by the graph, which shows both.
                var written = declaration.InWorkspace(output);
                _writers.TryAdd(written, (declaration, output));
                for (var slash = written.Value.LastIndexOf('/');
                    slash > 0 && _writtenFolders.TryAdd(written.Value[..slash], (declaration, written.Value));
                    slash = written.Value.LastIndexOf('/', slash - 1))
                {
                }
            }
        }

        var steps = good.Select(declaration => ToStep(declaration, good)).ToArray();
        return _problems.Count == 0 ? steps : throw new DiagnosticException(_problems);
    }

    /// <summary>The outputs' names: relative, plain, those of directories with a slash at the end.</summary>
    public static IEnumerable<string> OutputsOf(RunDeclaration declaration) => declaration.Makes.Select(Normal).Distinct(StringComparer.Ordinal);

    private static string Normal(string path) => WorkspacePath.Parse(path).Value + (path.EndsWith('/') ? "/" : "");

    private bool Check(RunDeclaration declaration)
    {
        var before = _problems.Count;
        if (!StepName.TryParse(declaration.FullName, out _) || declaration.Key.Contains('/', StringComparison.Ordinal))
        {
            Bad(declaration, "has a name with other characters than letters, digits, '-', '_' and '.'", "rename it");
        }

        if (declaration.Commands.Any(command => command.IsDefaultOrEmpty || command[0].Length == 0 || command.Any(argument => argument.Contains('\0', StringComparison.Ordinal))))
        {
            Bad(declaration, "has no program to run", "\"run\": [\"python3\", \"embed.py\"]");
        }

        CheckPaths(declaration);
        CheckVariables(declaration);
        CheckSettings(declaration);
        return _problems.Count == before;
    }

    private void CheckPaths(RunDeclaration declaration)
    {
        if (!declaration.Makes.Any())
        {
            Bad(declaration, "writes nothing", "name the files that it makes under 'writes'");
        }

        var directory = declaration.Directory.Length == 0 ? [] : new[] { declaration.Directory };
        foreach (var path in declaration.Reads.Where(read => !read.StartsWith('@')).Concat(declaration.Makes).Concat(directory))
        {
            if (!WorkspacePath.TryParse(path, out var parsed) || parsed.Overlaps(s_own))
            {
                Bad(declaration, $"names '{path}', which is not a path inside the workspace", "use a relative path with '/' and without '..', outside .mlops");
            }
        }

        foreach (var path in declaration.Makes.Where(GlobPattern.IsPattern))
        {
            Bad(declaration, $"writes '{path}', but only 'reads' may hold patterns", $"write into a folder and name that, with '/' at the end");
        }

        foreach (var path in declaration.Metrics.Concat(declaration.Plots).Where(path => Path.GetExtension(path) is not (".json" or ".csv")))
        {
            Bad(declaration, $"names '{path}' as metrics or plot, which is neither JSON nor CSV", "write a .json or .csv file");
        }
    }

    private void CheckVariables(RunDeclaration declaration)
    {
        var names = declaration.Env.Select(NameOf).Concat(declaration.Settings.Pass).ToArray();
        foreach (var name in names.Where(name => !VariableName().IsMatch(name)))
        {
            Bad(declaration, $"names the environment variable '{name}'", "use letters, digits and '_', and values under 'env' only: \"SEED=1\"");
        }

        foreach (var name in names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            Bad(declaration, $"names the environment variable '{name}' twice", "name it once, under 'env' if the result depends on it, else under 'pass'");
        }
    }

    private void CheckSettings(RunDeclaration declaration)
    {
        if (declaration.Settings.Retries is < 0 or > 10)
        {
            Bad(declaration, $"has {declaration.Settings.Retries} retries", "choose 0 to 10");
        }

        if (declaration.Settings.Timeout is { } timeout && timeout <= TimeSpan.Zero)
        {
            Bad(declaration, "has a timeout of no time", "\"timeout\": \"10m\"");
        }

        if (declaration.Toolchain is { } tools)
        {
            var names = tools.Probes.Select(probe => string.Join(' ', probe)).Concat(tools.Files.Keys).Concat(tools.Image is null ? [] : ["image"]).ToArray();
            if (tools.Probes.Any(probe => probe.IsDefaultOrEmpty || probe[0].Length == 0) || names.Distinct(StringComparer.Ordinal).Count() < names.Length)
            {
                Bad(declaration, "has a toolchain with an empty probe, or two parts of one name", "name each program and file once");
            }
        }
    }

    private Step ToStep(RunDeclaration declaration, RunDeclaration[] good)
    {
        var outputs = OutputsOf(declaration).ToImmutableSortedSet(StringComparer.Ordinal);
        var inputs = ImmutableSortedDictionary.CreateBuilder<string, StepInput>(StringComparer.Ordinal);
        foreach (var read in declaration.Reads)
        {
            foreach (var (name, input) in read.StartsWith('@') ? OutputsOf(declaration, read[1..], good)
                : GlobPattern.IsPattern(read) ? Matches(declaration, WorkspacePath.Parse(read).Value) : [Input(declaration, read)])
            {
                inputs[name] = input;
            }
        }

        foreach (var (name, input) in inputs)
        {
            if (input is FileInput file && _writtenFolders.TryGetValue(file.Path.Value, out var writer) && writer.Declaration != declaration)
            {
                Bad(declaration, $"reads the folder '{name}', but step '{writer.Declaration.Key}' writes '{writer.Path}'", $"name the files that it reads, or '@{writer.Declaration.Key}'");
            }

            foreach (var output in input is GlobInput ? [] : outputs.Where(output => WorkspacePath.Parse(name).Overlaps(WorkspacePath.Parse(output))))
            {
                Bad(declaration, $"reads and writes '{output}'", "write to another path");
            }
        }

        return new()
        {
            Name = declaration.Name,
            Action = RunExecutor.Action,
            Address = new(declaration.Owner, declaration.Key),
            Parameters = Parameters(declaration),
            Tools = declaration.Toolchain,
            Run = declaration.Settings,
            Frozen = declaration.Frozen,
            Always = declaration.Always,
            Metrics = [.. declaration.Metrics.Select(Normal)],
            Inputs = inputs.ToImmutable(),
            Outputs = outputs,
            CheckedOut = outputs.ToImmutableSortedDictionary(output => output, declaration.InWorkspace, StringComparer.Ordinal),
            Origin = declaration.Origin,
        };
    }

    private JsonObject Parameters(RunDeclaration declaration)
    {
        var parameters = new JsonObject
        {
            [RunParameters.Run] = declaration.Then.IsEmpty ? Texts(declaration.Run) : new JsonArray([.. declaration.Commands.Select(command => Texts(command))]),
        };
        if (declaration.Directory.Length > 0)
        {
            parameters[RunParameters.Directory] = WorkspacePath.Parse(declaration.Directory).Value;
        }

        if (!declaration.Env.IsEmpty)
        {
            parameters[RunParameters.Env] = new JsonObject(declaration.Env.Select(entry => KeyValuePair.Create(
                NameOf(entry), (JsonNode?)(entry.Contains('=', StringComparison.Ordinal) ? entry[(NameOf(entry).Length + 1)..] : variable(entry)))));
        }

        foreach (var (name, files) in new[] { (RunParameters.Metrics, declaration.Metrics), (RunParameters.Plots, declaration.Plots) })
        {
            if (!files.IsEmpty)
            {
                parameters[name] = Texts(files.Select(Normal));
            }
        }

        return parameters;

        static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
    }

    private (string Name, StepInput Input) Input(RunDeclaration declaration, string read)
    {
        var path = declaration.InWorkspace(read);
        var name = WorkspacePath.Parse(read).Value;
        if (_writers.TryGetValue(path, out var writer))
        {
            return (writer.Output.EndsWith('/') ? name + "/" : name, new OutputInput(writer.Declaration.Name, writer.Output));
        }

        // What lies in a directory that a step writes comes with the directory.
        for (var slash = name.LastIndexOf('/'); slash > 0; slash = name.LastIndexOf('/', slash - 1))
        {
            if (_writers.TryGetValue(declaration.InWorkspace(name[..slash]), out writer) && writer.Output.EndsWith('/'))
            {
                return (name[..(slash + 1)], new OutputInput(writer.Declaration.Name, writer.Output));
            }
        }

        return (name, new FileInput(path));
    }

    /// <summary>What a pattern matches: outputs of other steps by their declarations, and files of the workspace when the step is planned.</summary>
    private IEnumerable<(string Name, StepInput Input)> Matches(RunDeclaration declaration, string pattern)
    {
        var glob = new GlobPattern(pattern);
        var prefix = declaration.Folder.Length == 0 ? "" : declaration.Folder + "/";
        var except = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
        var made = new List<(string, StepInput)>();
        foreach (var (path, (writer, output)) in _writers)
        {
            if (!path.Value.StartsWith(prefix, StringComparison.Ordinal))
            {
                continue;
            }

            var name = path.Value[prefix.Length..];
            var isTree = output.EndsWith('/');
            if (isTree ? glob.ReachesInto(name) : glob.Matches(name))
            {
                except.Add(name);
                if (writer != declaration)
                {
                    made.Add((isTree ? name + "/" : name, new OutputInput(writer.Name, output)));
                }
            }
        }

        return made.Append((pattern, new GlobInput(declaration.Folder, pattern) { Except = except.ToImmutable(), MayBeEmpty = made.Count > 0 }));
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
                return found.SelectMany(step => OutputsOf(step).Select(output => (output, (StepInput)new OutputInput(step.Name, output))));
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

    private static string NameOf(string variable) => variable.Split('=', 2)[0];

    private void Bad(RunDeclaration declaration, string what, string mend) =>
        _problems.Add(new("MLO3006", $"step '{declaration.Key}' {what}") { Where = declaration.Origin, Mend = mend });

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex VariableName();
}
