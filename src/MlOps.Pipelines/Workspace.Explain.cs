using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.ModelCode;
using MlOps.Pipelines.ModelCode.Packages;
using MlOps.Pipelines.Reports;
using MlOps.Pipelines.Runs;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Says what changed between two revisions' locks, or since one, and which steps that reran or will rerun: rows, columns, parameters old → new.</summary>
    /// <param name="words">A step, a model or a dataset, or nothing for all; then up to two git revisions. Without any it compares with HEAD where there is one.</param>
    public async Task<Outcome> ExplainAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        await SettleDataAsync(new(), cancellationToken);
        var current = CurrentLock;
        var head = await LockOfAsync("HEAD", cancellationToken);
        var subject = words.Count > 0 && IsSubject(words[0], current, head) ? words[0] : null;
        var revisions = subject is null ? words : [.. words.Skip(1)];
        await CheckAsync(revisions, current, cancellationToken);

        var before = revisions.Count == 0 ? head : await LockOfAsync(revisions[0], cancellationToken) ?? throw NoLock(revisions[0]);
        var after = revisions.Count < 2 ? current : await LockOfAsync(revisions[1], cancellationToken) ?? throw NoLock(revisions[1]);
        var report = new ExplainReport(revisions.FirstOrDefault("HEAD"), revisions.ElementAtOrDefault(1), subject, RunLog.Read(Root), _knownCode);
        var about = subject is null ? (Func<LockAddress, bool>?)null : address => Covers(new StepSelector(subject), address);
        if (before is not null)
        {
            var landed = LockComparison.Of(before, after, _graph, dataset => DataBetween(before, after, dataset), about);
            var changes = landed.Steps.Select(step => (step.Address, step.Changes)).ToList();
            await SettleCodeAsync(revisions.FirstOrDefault("HEAD"), isSure: true, changes, part => part.Old, cancellationToken);
            await SettleCodeAsync(revisions.ElementAtOrDefault(1) ?? "HEAD", isSure: revisions.Count == 2, changes, part => part.New, cancellationToken);
            await SettleCodeAsync(null, isSure: false, changes, part => part.New, cancellationToken);
            report.Landed(landed);
        }

        if (revisions.Count < 2)
        {
            var plan = await _engine.PlanAsync(_graph, Options(), cancellationToken);
            about ??= _ => true;
            var pending = plan.Steps.Where(step => about(step.Step.Address)).Select(step => (step.Step.Address, step.Changes)).ToList();
            await SettleCodeAsync(null, isSure: true, pending, part => part.New, cancellationToken);
            await SettleCodeAsync("HEAD", isSure: false, pending, part => part.Old, cancellationToken);
            report.Pending(plan, current, [.. plan.Steps.Where(step => about(step.Step.Address) && step.Action is PlannedAction.Run or PlannedAction.Restore && step.Step.Action == ImportAction.Name)
                .Select(step => RowsPending(current, step.Step, cancellationToken)).OfType<DatasetChange>()], about);
        }

        return new(ExitCode.Done, report.Text(), report.Json()) { Painted = report.Text(paint: true) };
    }

    /// <summary>Finds out which sources digests of models' code stand for, as many may compile to one: those of a revision, or of the workspace. What this machine never compiled is compiled.</summary>
    /// <param name="revision">Null for the workspace.</param>
    /// <param name="isSure">Whether no others will do.</param>
    private async Task SettleCodeAsync(string? revision, bool isSure, IReadOnlyList<(LockAddress Address, IReadOnlyList<PartChange> Changes)> steps,
        Func<(string Name, Digest Old, Digest New), Digest> wanted, CancellationToken cancellationToken)
    {
        foreach (var model in _definition.Models)
        {
            var parts = steps.Where(step => step.Address.Owner == $"models/{model.Name}").SelectMany(step => CodeChange.Digests(step.Changes)).Where(part => model.Code.Contains(part.Name)).ToList();
            if (parts.Count == 0)
            {
                continue;
            }

            var files = revision is null ? CodeSources.Read(Root, model.Folder, _ => { })
                : await FilesAtAsync(revision, model, cancellationToken);
            var sources = files.Where(file => file.Key.EndsWith(".cs", StringComparison.Ordinal)).ToDictionary(file => file.Key, file => TextOf(file.Value), StringComparer.Ordinal);
            if (!parts.All(part => _knownCode.Settle(wanted(part), sources)) && revision is not null && sources.Count > 0)
            {
                await ListAsync(files, model, [.. parts.Select(part => part.Name)], cancellationToken);
            }

            foreach (var digest in parts.Select(wanted).Where(digest => !_knownCode.Settle(digest, sources) && isSure))
            {
                _knownCode.SettleUnknown(digest);
            }
        }
    }

    /// <summary>As the compiler reads it.</summary>
    private static string TextOf(byte[] source)
    {
        using var reader = new StreamReader(new MemoryStream(source));
        return reader.ReadToEnd();
    }

    /// <summary>What a model's code was at a revision: C# files, and which packages they took.</summary>
    private async Task<IReadOnlyDictionary<string, byte[]>> FilesAtAsync(string revision, ModelDefinition model, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in await Git.FilesAsync(Root, revision, [model.Folder, CodeSources.Shared, .. ModelPackages.Files], cancellationToken))
        {
            if ((file.EndsWith(".cs", StringComparison.Ordinal) || ModelPackages.Files.Contains(file)) && await Git.ShowAsync(Root, revision, file, cancellationToken) is { } bytes)
            {
                files[file] = bytes;
            }
        }

        return files;
    }

    /// <summary>Compiles files that the workspace may have no more, so that this machine knows what they were.</summary>
    private async Task ListAsync(IReadOnlyDictionary<string, byte[]> files, ModelDefinition model, HashSet<string> names, CancellationToken cancellationToken)
    {
        var scratch = Directory.CreateTempSubdirectory("mlops-revision-").FullName;
        try
        {
            foreach (var (file, bytes) in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(scratch, file))!);
                await File.WriteAllBytesAsync(Path.Join(scratch, file), bytes, cancellationToken);
            }

            await new ModelCompiler(scratch, _ => { }, _ => { }).ListAsync(Root, model, names, cancellationToken);
        }
        catch (DiagnosticException)
        {
            // It is no mistake of today that what stood there then does not compile.
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>Whether a word names a step, a model or a dataset, of now or of the lock.</summary>
    private bool IsSubject(string word, params ReadOnlySpan<LockFile?> locks)
    {
        var selector = new StepSelector(word);
        foreach (var known in locks)
        {
            if (known?.Addresses.Any(address => Covers(selector, address)) == true)
            {
                return true;
            }
        }

        return _graph.Steps.Any(step => Covers(selector, step.Address));
    }

    /// <summary>Whether a word means the step at a place in the lock: by its name, its key, its model or its dataset.</summary>
    private static bool Covers(StepSelector selector, LockAddress address)
    {
        var owner = address.Owner[(address.Owner.LastIndexOf('/') + 1)..];
        return selector.Covers(address.Key) || (owner.Length > 0 ? selector.Covers(owner) || selector.Covers(address.Owner) || selector.Covers($"{owner}/{address.Key}") : selector.Covers($"steps/{address.Key}"));
    }

    private async Task<LockFile?> LockOfAsync(string revision, CancellationToken cancellationToken) =>
        revision == "HEAD" ? _head.Value : await Git.ShowAsync(Root, revision, BuildEngine.LockName, cancellationToken) is { } bytes ? LockFile.Parse(bytes, $"{revision}:{BuildEngine.LockName}") : null;

    /// <summary>Refuses words that are no revisions, with the nearest name where the first was meant to be one.</summary>
    private async Task CheckAsync(IReadOnlyList<string> revisions, LockFile current, CancellationToken cancellationToken)
    {
        var names = _graph.Steps.Select(step => step.Address).Concat(current.Addresses)
            .SelectMany(address => new[] { address.Key, new StepSelector(address.Key).Declared, address.Owner[(address.Owner.LastIndexOf('/') + 1)..] })
            .Concat(_graph.Steps.Select(step => step.Name.Value)).Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal).ToList();
        if (revisions.Count > 2)
        {
            throw Unknown("MLO2134", $"there is no step, model or dataset '{revisions[0]}'", revisions[0], names);
        }

        if (revisions.Count > 0 && Diagnostic.Nearest(revisions[0], names) is not null && await Git.RunAsync(Root, cancellationToken, "rev-parse", "--verify", "--quiet", "--end-of-options", $"{revisions[0]}^{{commit}}") is null)
        {
            throw Unknown("MLO2134", $"there is no step, model, dataset or revision '{revisions[0]}'", revisions[0], names);
        }
    }

    private static DiagnosticException NoLock(string revision) => new(new Diagnostic("MLO2050", $"revision '{revision}' has no {BuildEngine.LockName} here")
    {
        Why = "git does not know the revision, or the lock was not committed there; no step, model or dataset is called so either",
        Mend = "name a commit, branch or tag that has it: git log -- data.lock.json",
    });

    private DatasetChange DataBetween(LockFile before, LockFile after, string dataset) =>
        new(dataset, Rows(before, dataset), Rows(after, dataset), Difference(RowDigestsOf(before, dataset), RowDigestsOf(after, dataset)))
        {
            Columns = DatasetChange.Between(before.Fact($"data/{dataset}", "columns"), after.Fact($"data/{dataset}", "columns")),
            Files = DatasetChange.Between(ListingOf(before, dataset), ListingOf(after, dataset)),
        };

    /// <summary>The listing of a dataset of files, where the store has it; a table has columns and none.</summary>
    private TreeListing? ListingOf(LockFile pinned, string dataset) =>
        pinned.Fact($"data/{dataset}", "columns") is null && Digest.TryParse((string?)pinned.Fact($"data/{dataset}", "sha256"), out var digest) ? _engine.Store.TryReadTree(digest) : null;

    /// <summary>How a dataset that is not imported yet differs from the one pinned; null where it cannot be read (Train will say why).</summary>
    private DatasetChange? RowsPending(LockFile pinned, Step import, CancellationToken cancellationToken)
    {
        if (import.Inputs[ImportAction.Csv] is not FileInput file)
        {
            return null;
        }

        try
        {
            var frame = CsvReader.ReadFile(file.Path.In(Root), new() { Path = file.Path.Value }, cancellationToken);
            var name = import.Address.Owner["data/".Length..];
            return new(name, Rows(pinned, name), frame.RowCount, Difference(RowDigestsOf(pinned, name), RowDigests.Of(frame)))
            {
                Columns = DatasetChange.Between(pinned.Fact($"data/{name}", "columns"), ImportAction.ColumnsOf(frame)),
            };
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            _reporter.Warn(IoFailure.Describe(failure, Root));
            return null;
        }
        catch (DiagnosticException failure)
        {
            foreach (var diagnostic in failure.Diagnostics)
            {
                _reporter.Warn(diagnostic);
            }

            return null;
        }
    }

    private static RowDifference? Difference(RowDigests? before, RowDigests? after) =>
        before is null || after is null ? null : RowDigests.Diff(before, after);

    private static long? Rows(LockFile pinned, string dataset) => (long?)pinned.Fact($"data/{dataset}", "rows");

    private RowDigests? RowDigestsOf(LockFile pinned, string dataset) =>
        pinned.Find(new($"data/{dataset}", ImportAction.Name)) is { } trace && trace.Outputs.TryGetValue(ImportAction.Rows, out var digest)
            && _engine.Store.TryRead(digest) is { } bytes ? RowDigests.FromBytes(bytes) : null;
}
