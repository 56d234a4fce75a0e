using MlOps.Content;
using MlOps.Engine.Internal;

namespace MlOps.Engine;

/// <summary>A build after a small edit: where only files changed that a chain of plain <c>run</c> steps reads, it makes these up to date without loading the declarations or the rest of the lock.</summary>
/// <remarks>Loops instead of queries over values: the JIT compiler would make code for each of these, which takes longer than the work itself.
/// It leaves the bytes that <see cref="BuildEngine.BuildAsync"/> would leave. Whatever is out of the ordinary is left to that: then it has changed nothing, or nothing but the store.</remarks>
public sealed partial class QuickBuild
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

    private QuickResult Result(List<QuickStep> done) => new(done, _image.Listed, _image.Names, _image.Tail);

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
