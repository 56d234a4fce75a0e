using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>What a build sees of the workspace beyond single files: what patterns match, and which software there is. All that it looks at is observed.</summary>
internal sealed class WorkspaceView(string root, StatIndex files, ToolProbes probes, BuildMirror? mirror)
{
    private readonly Dictionary<StepName, Step> _resolved = [];

    /// <summary>The step with its toolchain as it is now.</summary>
    /// <exception cref="DiagnosticException">A probe or a file of the toolchain is missing or fails.</exception>
    public Step Resolve(Step step)
    {
        if (step.Tools is null)
        {
            return step;
        }

        lock (_resolved)
        {
            if (!_resolved.TryGetValue(step.Name, out var resolved))
            {
                _resolved[step.Name] = resolved = WithTools(step, step.Tools);
            }

            return resolved;
        }
    }

    /// <summary>The digest of a pattern's matches: that of their listing.</summary>
    /// <exception cref="DiagnosticException">Nothing matches, or a match cannot be read.</exception>
    public Digest DigestOf(Step step, GlobInput glob) =>
        TreeListing.Of(Files(step, glob).Select(path => new TreeEntry(path, files.DigestOf(InWorkspace(glob, path)) ?? throw new DiagnosticException(Missing(step, path))))) is var listing
            ? Digest.Of(listing.Bytes.Span) : default;

    /// <summary>Whether the matches and their bytes are what they were and were never seen otherwise in between.</summary>
    public bool IsSteady(Step step, GlobInput glob, Digest content)
    {
        var entries = new List<TreeEntry>();
        foreach (var path in Files(step, glob))
        {
            if (files.DigestOf(InWorkspace(glob, path)) is not { } digest || !files.IsSteady(InWorkspace(glob, path), digest))
            {
                return false;
            }

            entries.Add(new(path, digest));
        }

        return Digest.Of(TreeListing.Of(entries).Bytes.Span) == content;
    }

    /// <summary>The files that a pattern matches, relative to its folder; never the lock, which no build that reads it could leave as it is.</summary>
    public IReadOnlyList<string> Files(Step step, GlobInput glob)
    {
        var found = new GlobPattern(glob.Pattern).Files(Path.Join(root, glob.Folder), path => mirror?.Observe(path))
            .Where(path => !glob.Except.Contains(path) && !path.Contains('\n', StringComparison.Ordinal) && (glob.Folder.Length > 0 || path != BuildEngine.LockName)).ToList();
        return found.Count > 0 || glob.MayBeEmpty ? found : throw new DiagnosticException(NoMatch(step, glob));
    }

    /// <summary>Every file and directory of the workspace that a step depends on: its inputs, what its patterns match, what pins its toolchain.</summary>
    public IReadOnlyList<WorkspacePath> FilesOf(Step step) =>
    [
        .. step.Inputs.Values.OfType<FileInput>().Select(file => file.Path),
        .. step.Inputs.Values.OfType<GlobInput>().SelectMany(glob => Files(step, glob).Select(path => InWorkspace(glob, path))),
        .. step.Tools?.Files.Values ?? [],
    ];

    public static WorkspacePath InWorkspace(GlobInput glob, string path) => WorkspacePath.Parse(glob.Folder.Length == 0 ? path : $"{glob.Folder}/{path}");

    private Step WithTools(Step step, ToolchainDeclaration tools)
    {
        var toolchain = step.Toolchain.ToBuilder();
        var problems = new List<Diagnostic>();
        foreach (var probe in tools.Probes)
        {
            try
            {
                toolchain[string.Join(' ', probe)] = probes.Answer(step, probe, mirror);
            }
            catch (DiagnosticException e)
            {
                problems.AddRange(e.Diagnostics);
            }
        }

        foreach (var (name, path) in tools.Files)
        {
            if (files.DigestOf(path) is { } digest)
            {
                toolchain[name] = digest.ToString();
            }
            else
            {
                problems.Add(Missing(step, path.Value));
            }
        }

        if (tools.Image is { } image)
        {
            toolchain["image"] = image;
        }

        return problems.Count == 0 ? step with { Toolchain = toolchain.ToImmutable() } : throw new DiagnosticException(problems);
    }

    /// <summary>What is said of a file that a step reads and that is not there.</summary>
    public static Diagnostic Missing(Step step, string path) => new("MLO3005", $"'{path}' is missing")
    {
        Where = step.Origin,
        Why = $"step '{step.Name}' reads it",
        Mend = "restore the file, or remove it from the declaration",
    };

    /// <summary>Says how far the way leads and what is there.</summary>
    private Diagnostic NoMatch(Step step, GlobInput glob)
    {
        var folder = glob.Folder;
        var missing = "";
        foreach (var segment in new GlobPattern(glob.Pattern).Fixed.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = folder.Length == 0 ? segment : $"{folder}/{segment}";
            if (!Directory.Exists(Path.Join(root, next)))
            {
                missing = segment;
                break;
            }

            folder = next;
        }

        var names = Directory.EnumerateFileSystemEntries(Path.Join(root, folder)).Select(path => Path.GetFileName(path)!)
            .Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal).ToList();
        var place = folder.Length == 0 ? "the workspace" : $"'{folder}'";
        var holds = names.Count == 0 ? "is empty" : $"holds {string.Join(", ", names.Take(8))}{(names.Count > 8 ? ", …" : "")}";
        var near = Diagnostic.Nearest(missing.Length > 0 ? missing : glob.Pattern[(glob.Pattern.LastIndexOf('/') + 1)..], names);
        return new("MLO3040", $"'{glob.Pattern}' matches nothing")
        {
            Where = step.Origin,
            Why = missing.Length > 0 ? $"there is no folder '{missing}'; {place} {holds}" : $"{place} {holds}",
            Mend = near is null ? "change the pattern, or bring the files" : $"did you mean '{near}'?",
        };
    }
}
