using System.Diagnostics;
using MlOps.Content;
using MlOps.Engine.Internal;

namespace MlOps.Engine;

/// <content>How one step of the chain is made up to date.</content>
public sealed partial class QuickBuild
{
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
            var steady = input.Path is null || (_changed.TryGetValue(input.Path, out var seen) ? seen.IsSteady() : _recalled.Holds(input.Path));
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
}
