using System.Text.Json;
using Google.Protobuf;
using MlOps.Content;
using MlOps.Scoring.Internal;
using MlOps.Scoring.Onnx.Internal;
using MlOps.Scoring.Onnx.Internal.Foreign;

namespace MlOps.Scoring;

/// <summary>The model file: an ONNX graph that ONNX Runtime scores as <see cref="Scorer"/> does.</summary>
/// <remarks>
/// One input per column of the signature, shape [N, 1]: float32, int64 or string by <see cref="InputColumn.Kind"/>, named by an identifier
/// made from the column's name. Regression has the output <c>prediction</c>, float32 [N, 1]; classification <c>label</c>, string [N], and
/// <c>probabilities</c>, float32 [N, classes]. Operators: ai.onnx 13, ai.onnx.ml 2, and com.microsoft's Tokenizer where there is text.
/// A hashed column's input is the bucket (int64, −1 for missing), for which <c>mlops.signature</c> in the metadata names the hash and the number of buckets.
/// The signature stands in the metadata, and so do a linear model's <see cref="LinearPredictor.Means"/>, for which no operator has a place; everything
/// else is read from the graph's nodes, a tree's <see cref="Tree.Cover"/> from <c>nodes_hitrates</c>.
/// </remarks>
public static class OnnxModel
{
    private const string Producer = "mlops";
    private const long IrVersion = 7;
    private static readonly (string Domain, long Version)[] Opsets = [("", 13), (GraphWriter.Ml, 2), (GraphWriter.Microsoft, 1)];

    /// <summary>The file's bytes; the same for equal models.</summary>
    /// <exception cref="ArgumentException">The model contradicts itself.</exception>
    public static byte[] Write(TrainedModel model)
    {
        ModelCheck.Check(model);
        var file = new OnnxFile { IrVersion = IrVersion, Producer = Producer, Graph = GraphWriter.Write(model) };
        file.Opsets.AddRange(Opsets);
        file.Metadata.Add((SignatureText.Key, SignatureText.Write(model)));
        if (model.Predictor is LinearPredictor { Means: { Length: > 0 } means })
        {
            file.Metadata.Add((MeansText.Key, MeansText.Write(means)));
        }

        return OnnxEncoder.Encode(file);
    }

    /// <summary>The model whose graph the bytes hold; it scores exactly as the one that was written.</summary>
    /// <exception cref="DiagnosticException">The bytes are no ONNX model (MLO5010), or one that this program does not write (MLO5011).</exception>
    public static TrainedModel Read(ReadOnlySpan<byte> file)
    {
        var onnx = Decode(file);
        var signature = onnx.Metadata.Find(entry => entry.Key == SignatureText.Key).Value;
        if (onnx.Producer != Producer || signature is null)
        {
            throw Foreign($"it was made by '{onnx.Producer}' and has no metadata '{SignatureText.Key}'");
        }

        try
        {
            var model = MeansText.Read(GraphReader.Read(onnx.Graph!, SignatureText.Read(signature)), onnx.Metadata.Find(entry => entry.Key == MeansText.Key).Value);
            ModelCheck.Check(model);
            return OnnxEncoder.Encode(GraphWriter.Write(model)).AsSpan().SequenceEqual(OnnxEncoder.Encode(onnx.Graph!))
                ? model
                : throw Foreign("its graph has nodes beyond the model that was found in it");
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            throw Foreign(e.Message);
        }
    }

    /// <summary>A model that any program wrote, read as one of ours: <see cref="Write"/> gives a file that predicts the same up to float32 rounding.</summary>
    /// <remarks>The graph takes an input per column, [N, 1], called as the column or as its identifier: float32 for Numeric and Boolean, string for
    /// Categorical and Text; or one float32 [N, columns] in the order of <paramref name="wanted"/>. Operators: the README of this project lists them.</remarks>
    /// <param name="wanted">What it must take and predict; every input is taken, no other one.</param>
    /// <exception cref="DiagnosticException">The bytes are no ONNX model (MLO5010), the graph has what cannot be read (MLO5012), its inputs are not the
    /// wanted ones (MLO5013), or its outputs do not fit task and classes (MLO5014).</exception>
    public static TrainedModel Adopt(ReadOnlySpan<byte> file, Signature wanted)
    {
        var onnx = Decode(file);
        if (onnx.Producer == Producer)
        {
            var own = Read(file);
            return ForeignFit.IsSame(own.Signature, wanted) ? own : throw ForeignFit.Other(own.Signature, wanted);
        }

        try
        {
            ThrowIfUndeclared(onnx);
            var model = ForeignFit.Fit(ForeignGraph.Read(onnx.Graph!, wanted), wanted);
            ModelCheck.Check(model);
            return model;
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or KeyNotFoundException or ArithmeticException)
        {
            throw ForeignGraph.Unreadable(e.Message);
        }
    }

    // A file that was cut between its parts may lack no more than the last of them.
    private static void ThrowIfUndeclared(OnnxFile file)
    {
        var declared = file.Opsets.Select(opset => Plain(opset.Domain)).ToHashSet(StringComparer.Ordinal);
        if (file.Graph!.Nodes.Find(node => (Plain(node.Domain) is "ai.onnx" or GraphWriter.Ml) && !declared.Contains(Plain(node.Domain))) is { } node)
        {
            throw new InvalidDataException($"operator {node.Operator} is of the domain '{Plain(node.Domain)}', of which the file declares no version");
        }

        static string Plain(string domain) => domain.Length == 0 ? "ai.onnx" : domain;
    }

    private static OnnxFile Decode(ReadOnlySpan<byte> file)
    {
        try
        {
            var onnx = OnnxDecoder.Decode(file.ToArray());
            return onnx is { IrVersion: > 0, Graph: not null } ? onnx : throw NotOnnx("it has no graph");
        }
        catch (InvalidProtocolBufferException e)
        {
            throw NotOnnx(e.Message);
        }
    }

    private static DiagnosticException NotOnnx(string why) => new([new("MLO5010", "the model file is damaged or no ONNX file")
    {
        Why = why,
        Mend = "train the model again, or fetch the file again",
    }]);

    private static DiagnosticException Foreign(string why) => new([new("MLO5011", "the ONNX model is not one that this program writes")
    {
        Why = why,
        Mend = "serve a model that was trained here; others run in ONNX Runtime",
    }]);
}
