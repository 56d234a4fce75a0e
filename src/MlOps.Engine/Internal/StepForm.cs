using System.Text;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>An input in a form.</summary>
/// <param name="Name">Its logical name.</param>
/// <param name="Path">The workspace file, or null if a step makes it.</param>
/// <param name="LockAt">Where its digest stands in the lock: in the step's own record, or in that of its producer.</param>
/// <param name="FingerprintAt">Where its digest stands in <see cref="StepForm.Fingerprint"/>.</param>
internal sealed record FormInput(string Name, string? Path, int LockAt, int FingerprintAt);

/// <summary>An output in a form.</summary>
/// <param name="Name">Its name.</param>
/// <param name="CheckedOut">Where users see it, or null.</param>
/// <param name="LockAt">Where its digest stands in the lock.</param>
/// <param name="RecordAt">Where its digest stands in <see cref="StepForm.Record"/>.</param>
internal sealed record FormOutput(string Name, string? CheckedOut, int LockAt, int RecordAt);

/// <summary>All that a rebuild of one step needs if nothing but the digests of its inputs changed: its texts with gaps for digests.</summary>
/// <remarks>Whoever fills a form makes the same bytes as the code that the form was taken from, without having to know how.</remarks>
internal sealed record StepForm
{
    public required string Name { get; init; }

    public required string? Origin { get; init; }

    /// <summary>Program and arguments.</summary>
    public required string[] Run { get; init; }

    /// <summary>Sorted as explanations list them.</summary>
    public required FormInput[] Inputs { get; init; }

    public required FormOutput[] Outputs { get; init; }

    /// <summary>The positions of the steps that read its outputs.</summary>
    public required int[] Consumers { get; init; }

    /// <summary>Where its fingerprint stands in the lock.</summary>
    public required int FingerprintAt { get; init; }

    /// <summary>What its fingerprint is taken over.</summary>
    public required byte[] Fingerprint { get; init; }

    /// <summary>The text of its record in the store, and where the fingerprint stands in it.</summary>
    public required byte[] Record { get; init; }

    public required int RecordFingerprintAt { get; init; }

    /// <summary>The fingerprint for inputs with these digests, in the order of <see cref="Inputs"/>.</summary>
    public Digest FingerprintOf(Digest[] inputs)
    {
        var text = (byte[])Fingerprint.Clone();
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i].CopyHexTo(text.AsSpan(Inputs[i].FingerprintAt));
        }

        return Digest.Of(text);
    }

    /// <summary>The record's text for outputs with these digests, in the order of <see cref="Outputs"/>.</summary>
    public byte[] RecordOf(Digest fingerprint, Digest[] outputs)
    {
        var text = (byte[])Record.Clone();
        fingerprint.CopyHexTo(text.AsSpan(RecordFingerprintAt));
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i].CopyHexTo(text.AsSpan(Outputs[i].RecordAt));
        }

        return text;
    }

    /// <summary>Takes a step's form; null for a step of which more can change than digests, or whose run is more than a program in a sandbox.</summary>
    public static StepForm? Of(Step step, int[] consumers, TraceLayout own, Func<Step, OutputInput, int> producedAt)
    {
        if (!IsPlain(step))
        {
            return null;
        }

        var names = step.Inputs.Keys.OrderBy(Content.Fingerprint.Escape, StringComparer.Ordinal).ToArray();
        var fingerprint = Content.Fingerprint.BytesOf(StepDescription.Parts(step, names.Select((name, i) => (name, i)).ToDictionary(input => input.name, input => Mark(input.i))));
        var outputs = step.Outputs.ToArray();
        var record = ContentStore.RecordText(Mark(outputs.Length), new() { Outputs = StepRecord.NoOutputs.AddRange(outputs.Select((name, i) => KeyValuePair.Create(name, Mark(i)))) });
        return new()
        {
            Name = step.Name.Value,
            Origin = step.Origin,
            Run = [.. step.Parameters[RunExecutor.Action]!.AsArray().Select(argument => argument!.GetValue<string>())],
            Inputs = [.. names.Select((name, i) => new FormInput(
                name,
                (step.Inputs[name] as FileInput)?.Path.Value,
                step.Inputs[name] is OutputInput output ? producedAt(step, output) : own.Inputs[name],
                Find(fingerprint, i)))],
            Outputs = [.. outputs.Select((name, i) => new FormOutput(name, step.CheckedOut.TryGetValue(name, out var path) ? path.Value : null, own.Outputs[name], Find(record, i)))],
            Consumers = consumers,
            FingerprintAt = own.FingerprintAt,
            Fingerprint = fingerprint,
            Record = record,
            RecordFingerprintAt = Find(record, outputs.Length),
        };
    }

    /// <summary>Whether a step is nothing but a program, files that it reads and files that it writes.</summary>
    private static bool IsPlain(Step step) =>
        step.Action == RunExecutor.Action
        && step.Parameters is { Count: 1 } && step.Parameters[RunExecutor.Action] is System.Text.Json.Nodes.JsonArray run && run.All(static argument => argument is System.Text.Json.Nodes.JsonValue)
        && step.Code.Count == 0 && step.Toolchain.Count == 0 && step.FactNames.Count == 0
        && step is { Frozen: false, Always: false, LooksElsewhere: false, OnDemand: false, StandsForItsInputs: false, Tools: null, Metrics.Length: 0 } && step.Run is { Timeout: null, Retries: 0, Pass.Length: 0 }
        && step.Outputs.All(static name => !name.EndsWith('/'))
        && step.Inputs.All(static input => !input.Key.EndsWith('/') && input.Value is OutputInput or FileInput { InLock: true });

    /// <summary>A digest that stands for the one that will fill a gap, found by its digits.</summary>
    private static Digest Mark(int gap) => Digest.Of(gap.ToString("gap 0", System.Globalization.CultureInfo.InvariantCulture));

    private static int Find(byte[] text, int gap)
    {
        var mark = Encoding.ASCII.GetBytes(Mark(gap).Hex);
        return text.AsSpan().IndexOf(mark);
    }
}
