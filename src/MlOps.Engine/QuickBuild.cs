using System.Diagnostics;
using MlOps.Content;
using MlOps.Engine.Internal;

namespace MlOps.Engine;

/// <summary>How one step of a quick build ended.</summary>
/// <param name="Step">Its name.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Seconds">Wall time of its run; 0 if it did not run.</param>
/// <param name="Explanation">Why it was not up to date; empty if it was.</param>
/// <param name="Fingerprint">What it has a result for.</param>
public sealed record QuickStep(string Step, StepStatus Status, double Seconds, string Explanation, Digest Fingerprint)
{
    /// <summary>How much it read; null if it did not run.</summary>
    public long? InputBytes { get; init; }
}

/// <summary>How a quick build ended.</summary>
/// <param name="Pending">The steps that had to be decided, in the graph's order; all others were up to date.</param>
/// <param name="Steps">How many steps there are.</param>
/// <param name="Names">The names of all steps if there are few, in the graph's order; else none.</param>
/// <param name="Tail">What <see cref="BuildEngine.SaveImage"/> was given to stand below the table.</param>
public sealed record QuickResult(IReadOnlyList<QuickStep> Pending, int Steps, IReadOnlyList<string> Names, string Tail)
{
    /// <summary>The step that failed, or of which more is to be said; then nothing was written but results of others, and the whole build has to take over.</summary>
    public TriedStep? Tried { get; init; }
}

/// <summary>Told of what a quick build does.</summary>
/// <param name="Started">A step's name when it starts to run.</param>
/// <param name="Finished">A step's outcome, how many have ended, and how many there are.</param>
public sealed record QuickProgress(Action<string> Started, Action<QuickStep, int, int> Finished);

/// <summary>A build after a small edit: where only files changed that a chain of plain <c>run</c> steps reads, it makes these up to date without loading the declarations or the rest of the lock.</summary>
/// <remarks>Loops instead of queries over values: the JIT compiler would make code for each of these, which takes longer than the work itself.
/// It leaves the bytes that <see cref="BuildEngine.BuildAsync"/> would leave. Whatever is out of the ordinary is left to that: then it has changed nothing, or nothing but the store.</remarks>
public sealed class QuickBuild
{
    private readonly string _root;
    private readonly Recollection _recalled;
    private readonly GraphImage _image;
    private readonly ContentStore _store;
    private readonly Dictionary<string, SeenFile> _changed;
    private readonly List<RenewedSight> _sights = [];
    private readonly byte[] _before, _after;
    private TriedStep? _tried;

    private QuickBuild(string root, Recollection recalled, GraphImage image, Dictionary<string, SeenFile> changed, byte[] lockBytes)
    {
        (_root, _recalled, _image, _changed) = (root, recalled, image, changed);
        _store = new(Path.Join(root, ".mlops", "store"));
        (_before, _after) = (lockBytes, (byte[])lockBytes.Clone());
    }

    private string LockPath => Path.Join(_root, BuildEngine.LockName);

    /// <summary>Brings a workspace up to date; null if that is no matter for a quick build.</summary>
    /// <param name="root">The workspace's absolute path.</param>
    /// <param name="recalled">What was remembered, with the changes since.</param>
    /// <param name="progress">Told of what happens.</param>
    /// <param name="cancellationToken">Ends a running step.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; the lock is as it was.</exception>
    public static QuickResult? TryRun(string root, Recollection recalled, QuickProgress progress, CancellationToken cancellationToken)
    {
        try
        {
            using var image = GraphImage.TryOpen(recalled.Place);
            if (image is null || SeenFile.Of(root, recalled.Changes) is not { } changed || image.IsElsewhere(changed.Keys))
            {
                return null;
            }

            using var hold = WorkspaceHold.TryAcquire(root);
            if (hold is null)
            {
                return null;
            }

            // What was remembered is held against the lock only now that nobody else can write it.
            var lockBytes = File.ReadAllBytes(Path.Join(root, BuildEngine.LockName));
            return recalled.Holds(BuildEngine.LockName) ? new QuickBuild(root, recalled, image, changed, lockBytes).Run(progress, cancellationToken) : null;
        }
        catch (Exception e) when (e is DiagnosticException || IoFailure.Covers(e))
        {
            return null;
        }
    }

    private QuickResult? Run(QuickProgress progress, CancellationToken cancellationToken)
    {
        if (Chain() is not { } chain || !chain.TrueForAll(Agrees))
        {
            return null;
        }

        var done = new List<QuickStep>();
        foreach (var form in chain)
        {
            try
            {
                if (BringUpToDate(form, progress, cancellationToken) is not { } step)
                {
                    return Result(done) with { Tried = _tried };
                }

                done.Add(step);
                progress.Finished(done[^1], done.Count, chain.Count);
            }
            catch (DiagnosticException why)
            {
                return Result(done) with { Tried = new(Fingerprint(form, _after)) { Failure = why } };
            }
        }

        Publish();
        return Result(done);
    }

    private QuickResult Result(List<QuickStep> done) => new(done, _image.Steps, _image.Names, _image.Tail);

    /// <summary>The steps that the changed files lead to, if each reads from the one before, so that nothing could run side by side; null if they are more than that.</summary>
    private List<StepForm>? Chain()
    {
        if (Concerned() is not { } concerned)
        {
            return null;
        }

        var chain = new List<StepForm>();
        for (var next = -1; concerned.Count > 0;)
        {
            concerned.Sort();
            var at = concerned[0];
            concerned.RemoveAll(step => step == at);
            if ((chain.Count > 0 && at != next) || _image.Form(at) is not { } form)
            {
                return null;
            }

            chain.Add(form);
            concerned.AddRange(form.Consumers);
            next = form.Consumers.Length == 0 ? -1 : form.Consumers[0];
        }

        return chain;
    }

    /// <summary>The positions of the steps that read other content now; null if some file has no readers, or one without a form, so that it means something else.</summary>
    private List<int>? Concerned()
    {
        var concerned = new List<int>();
        foreach (var (path, seen) in _changed)
        {
            var known = false;
            foreach (var reader in _image.ReadersOf(path))
            {
                if (_image.Form(reader) is not { } form)
                {
                    return null;
                }

                foreach (var input in form.Inputs)
                {
                    if (input.Path == path)
                    {
                        known = true;
                        if (DigestAt(_before, input.LockAt) != seen.Content)
                        {
                            // A file that was only touched concerns nobody.
                            concerned.Add(reader);
                        }
                    }
                }
            }

            if (!known)
            {
                return null;
            }
        }

        return concerned;
    }

    /// <summary>Whether the form is about the lock as it is: only the true form gives the fingerprint that stands there.</summary>
    private bool Agrees(StepForm form) => Fingerprint(form, null) == DigestAt(_before, form.FingerprintAt);

    /// <summary>Null if the whole build has to take over.</summary>
    private QuickStep? BringUpToDate(StepForm form, QuickProgress progress, CancellationToken cancellationToken)
    {
        var fingerprint = Fingerprint(form, _after);
        var before = DigestAt(_before, form.FingerprintAt);
        if (fingerprint == before)
        {
            return new(form.Name, StepStatus.UpToDate, 0, "", fingerprint);
        }

        var old = new Digest[form.Outputs.Length];
        for (var i = 0; i < old.Length; i++)
        {
            old[i] = DigestAt(_before, form.Outputs[i].LockAt);
        }

        if (!_store.HasRecord(before))
        {
            // Once the lock names another result, only a record leads back to this one.
            _store.PutRecord(before, form.RecordOf(before, old));
        }

        var clock = Stopwatch.StartNew();
        var restored = Restored(form, fingerprint);
        if (restored is null)
        {
            progress.Started(form.Name);
        }

        var outputs = restored ?? RunStep(form, fingerprint, clock, cancellationToken);
        if (outputs is null)
        {
            return null;
        }

        for (var i = 0; i < outputs.Length; i++)
        {
            CheckOut(form, i, old[i], outputs[i]);
            outputs[i].CopyHexTo(_after.AsSpan(form.Outputs[i].LockAt));
        }

        foreach (var input in form.Inputs)
        {
            Input(input, _after).CopyHexTo(_after.AsSpan(input.LockAt));
        }

        fingerprint.CopyHexTo(_after.AsSpan(form.FingerprintAt));
        return new(form.Name, restored is null ? StepStatus.Ran : StepStatus.Restored, restored is null ? clock.Elapsed.TotalSeconds : 0, Explanation(form), fingerprint)
        {
            InputBytes = restored is null ? BytesRead(form) : null,
        };
    }

    private Digest[]? Restored(StepForm form, Digest fingerprint)
    {
        if (!_store.HasRecord(fingerprint) || _store.TryGetRecord(fingerprint) is not { Facts.Count: 0, Metrics.Count: 0 } record || record.Outputs.Count != form.Outputs.Length)
        {
            return null;
        }

        var outputs = new Digest[form.Outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            if (!record.Outputs.TryGetValue(form.Outputs[i].Name, out outputs[i]) || !_store.Check(outputs[i]))
            {
                return null;
            }
        }

        return outputs;
    }

    /// <summary>Null if there is more to say of the run than its result.</summary>
    private Digest[]? RunStep(StepForm form, Digest fingerprint, Stopwatch clock, CancellationToken cancellationToken)
    {
        using var sandbox = Sandbox.Single(Path.Join(_root, ".mlops", "sandbox"));
        foreach (var input in form.Inputs)
        {
            if (input.Path is not null)
            {
                sandbox.PlaceCopy(Path.Join(_root, input.Path), input.Name);
            }
            else if (!sandbox.PlaceObject(_store, ContentRef.Of(input.Name, Input(input, _after)), input.Name))
            {
                throw new IOException($"an object that '{form.Name}' reads is damaged");
            }
        }

        var names = Array.ConvertAll(form.Outputs, static output => output.Name);
        sandbox.MakeFolders(names);
        var printed = new RunExecutor(_root).RunPlain(form.Name, form.Origin, form.Run, sandbox.Folder, cancellationToken);
        CheckInputs(form);
        var missing = Array.FindAll(names, name => !sandbox.Has(name));
        if (missing.Length > 0)
        {
            throw StepRunner.Missing(form.Name, form.Origin, missing);
        }

        var outputs = Take(form, sandbox);
        var strays = sandbox.Empty();
        if (strays.Count == 0 && printed is null)
        {
            _store.PutRecord(fingerprint, form.RecordOf(fingerprint, outputs));
            return outputs;
        }

        var record = Record(form, outputs) with { Log = printed is null ? null : _store.Put(printed).Sha256 };
        if (strays.Count == 0)
        {
            _store.PutRecord(fingerprint, record);
            return outputs;
        }

        _tried = new(fingerprint) { Result = record, Warnings = StepRunner.Strays(form.Name, form.Origin, strays), Seconds = clock.Elapsed.TotalSeconds };
        return null;
    }

    private Digest[] Take(StepForm form, Sandbox sandbox)
    {
        var outputs = new Digest[form.Outputs.Length];
        try
        {
            for (var i = 0; i < outputs.Length; i++)
            {
                outputs[i] = _store.AdoptObject(Path.Join(sandbox.Folder, form.Outputs[i].Name));
            }
        }
        catch (DiagnosticException e)
        {
            // The whole build tries again, and says it better.
            throw new IOException(e.Message, e);
        }

        return outputs;
    }

    private static StepRecord Record(StepForm form, Digest[] outputs)
    {
        var byName = StepRecord.NoOutputs;
        for (var i = 0; i < outputs.Length; i++)
        {
            byName = byName.Add(form.Outputs[i].Name, outputs[i]);
        }

        return new() { Outputs = byName };
    }

    /// <summary>As forecasts count it.</summary>
    private long? BytesRead(StepForm form)
    {
        var bytes = 0L;
        foreach (var input in form.Inputs)
        {
            var stat = FileStat.Of(input.Path is null ? _store.PathOf(Input(input, _after)) : Path.Join(_root, input.Path));
            if (stat.Kind != FileKind.File)
            {
                return null;
            }

            bytes += stat.Size;
        }

        return bytes;
    }

    private void CheckInputs(StepForm form)
    {
        foreach (var input in form.Inputs)
        {
            var steady = input.Path is null ? _store.CheckBytes(Input(input, _after))
                : _changed.TryGetValue(input.Path, out var seen) ? seen.IsSteady() : _recalled.Holds(input.Path);
            if (!steady)
            {
                throw StepRunner.Changed(form.Name, input.Name, input.Path ?? form.Origin);
            }
        }
    }

    /// <summary>Shows an output to users, and takes note of what the answer now depends on.</summary>
    private void CheckOut(StepForm form, int output, Digest old, Digest now)
    {
        if (old == now)
        {
            return;
        }

        _sights.Add(new(Relative(_store.PathOf(now)), FileStat.Of(_store.PathOf(now))) { OnlyExistence = true, Replaces = Relative(_store.PathOf(old)) });
        if (form.Outputs[output].CheckedOut is { } path)
        {
            var place = $".mlops/out/{path}";
            if (!new Checkout(_root, _store).TryPlace(ContentRef.Of(form.Outputs[output].Name, now), WorkspacePath.Parse(path)))
            {
                throw StepRunner.Damaged(form.Name, form.Origin, $"output '{form.Outputs[output].Name}'");
            }

            // A sight that cannot be relied on is one that is never met again.
            _sights.Add(SeenFile.JustWritten(_root, place, now) ?? new(place, default));
        }
    }

    private void Publish()
    {
        foreach (var seen in _changed.Values)
        {
            _sights.Add(seen.Sight);
        }

        if (!_after.AsSpan().SequenceEqual(_before))
        {
            SeenLock.Remember(Path.Join(_root, ".mlops", "lock-seen"), _after);
            AtomicFile.Write(LockPath, _after, Path.Join(_root, ".mlops"), sync: true);
            _sights.Add(new(BuildEngine.LockName, FileStat.Of(LockPath)) { Checksum = BuildMirror.Checksum(_after) });
        }

        _recalled.Renew(_sights.ConvertAll(StillNeeded));
    }

    /// <summary>An object that another step has as well is still needed under its old name.</summary>
    private RenewedSight StillNeeded(RenewedSight sight) =>
        sight.Replaces is { } old && _after.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(old.Replace("/", "", StringComparison.Ordinal)[^64..])) >= 0 ? sight with { Replaces = null } : sight;

    private string Explanation(StepForm form)
    {
        var changes = new List<string>();
        foreach (var input in form.Inputs)
        {
            var (was, now) = (DigestAt(_before, input.LockAt), Input(input, _after));
            if (was != now)
            {
                changes.Add(Wording.InputChanged(input.Name, was, now));
            }
        }

        return Wording.Joined(changes);
    }

    /// <summary>The step's fingerprint for the files as they are and the results in the lock given; for nothing but the lock as it was where none is.</summary>
    private Digest Fingerprint(StepForm form, byte[]? results)
    {
        var inputs = new Digest[form.Inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = results is null ? DigestAt(_before, form.Inputs[i].LockAt) : Input(form.Inputs[i], results);
        }

        return form.FingerprintOf(inputs);
    }

    private Digest Input(FormInput input, byte[] results) =>
        input.Path is not null && _changed.TryGetValue(input.Path, out var seen) ? seen.Content : DigestAt(results, input.LockAt);

    private static Digest DigestAt(byte[] lockBytes, int at) =>
        at > 0 && at + 64 <= lockBytes.Length && Digest.TryParseHex(lockBytes.AsSpan(at, 64), out var digest) ? digest : default;

    private string Relative(string path) => path[(_root.Length + 1)..];
}
