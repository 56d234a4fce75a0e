using MlOps.Data;
using MlOps.Scoring.Internal;

namespace MlOps.Scoring;

/// <summary>Scores rows with a model; safe to use from several threads at once.</summary>
/// <remarks>Raw scores add up in double: the intercept or base score, then features ascending or tree after tree. The link is taken in
/// double as well, and the result rounds to float32 once; binary rows are <c>[1 − p, p]</c>. A row's prediction depends on that row only.</remarks>
public sealed class Scorer
{
    private readonly TrainedModel _model;
    private readonly FrameEncoding _encoding;
    private readonly int _rawOutputs;
    private readonly RawScores _rawScores;

    /// <summary>Prepares a model for scoring.</summary>
    /// <exception cref="ArgumentException">The model contradicts itself.</exception>
    public Scorer(TrainedModel model)
    {
        ModelCheck.Check(model);
        _model = model;
        _encoding = new(model.Encoders);
        _rawOutputs = model.Signature.Task == ModelTask.Multiclass ? model.Signature.Classes.Count : 1;
        _rawScores = RawScores.For(model.Predictor);
    }

    /// <summary>What goes in and what comes out.</summary>
    public Signature Signature => _model.Signature;

    /// <summary>The model's predictions for every row. Columns that no encoder needs are ignored.</summary>
    /// <exception cref="MlOps.Content.DiagnosticException">A column is missing (MLO5001) or has a type that cannot be taken (MLO5002).</exception>
    public Predictions Predict(Frame frame) => Predict(_encoding.Encode(frame));

    /// <summary>The model's predictions for rows that its own encoders made before.</summary>
    public Predictions Predict(FeatureMatrix features)
    {
        var values = new float[features.Rows * Signature.Outputs];
        var block = new double[Math.Min(features.Rows, RawScores.BlockRows) * _rawOutputs];
        for (var first = 0; first < features.Rows; first += RawScores.BlockRows)
        {
            var rows = Math.Min(features.Rows - first, RawScores.BlockRows);
            Score(features, first, block.AsSpan(0, rows * _rawOutputs), values.AsSpan(first * Signature.Outputs, rows * Signature.Outputs));
        }

        return new(Signature, values);
    }

    /// <summary>The raw scores of every row, before link and calibration; rows × 1, for multiclass rows × classes.</summary>
    /// <exception cref="MlOps.Content.DiagnosticException">As <see cref="Predict(Frame)"/>.</exception>
    public double[] Score(Frame frame)
    {
        var features = _encoding.Encode(frame);
        var scores = new double[features.Rows * _rawOutputs];
        for (var first = 0; first < features.Rows; first += RawScores.BlockRows)
        {
            var rows = Math.Min(features.Rows - first, RawScores.BlockRows);
            _rawScores.Compute(features, first, scores.AsSpan(first * _rawOutputs, rows * _rawOutputs));
        }

        return scores;
    }

    /// <summary>A binary model's raw scores as probabilities of the positive class, rounded as in predictions.</summary>
    /// <param name="calibration">Null for the logistic function alone.</param>
    public static float[] Probabilities(IReadOnlyList<double> scores, Calibration? calibration)
    {
        double[] probabilities = [.. scores];
        Internal.Probabilities.Of(calibration, probabilities);
        return [.. probabilities.Select(p => (float)p)];
    }

    /// <summary>A scorer of single rows that shares what this one prepared.</summary>
    public RowScorer ForRows() => new(this, _rawOutputs, cells => _encoding.ForRow(Signature, cells));

    /// <summary>Scores the rows from <paramref name="first"/> on, as many as there is room for.</summary>
    internal void Score(FeatureMatrix features, int first, Span<double> scores, Span<float> values)
    {
        _rawScores.Compute(features, first, scores);
        Transform(scores, values);
    }

    private void Transform(Span<double> scores, Span<float> values)
    {
        switch (_model.Predictor.Link)
        {
            case Link.Logistic or Link.Votes when Signature.Task == ModelTask.Binary:
                if (_model.Predictor.Link == Link.Logistic)
                {
                    Internal.Probabilities.Of(_model.Calibration, scores);
                }

                for (var r = 0; r < scores.Length; r++)
                {
                    var p = (float)scores[r];
                    (values[2 * r], values[(2 * r) + 1]) = (1 - p, p);
                }

                break;
            case Link.Softmax:
                for (var at = 0; at < scores.Length; at += Signature.Classes.Count)
                {
                    Softmax(scores.Slice(at, Signature.Classes.Count), values[at..]);
                }

                break;
            case Link.Exponential:
                DeterministicMath.Exp(scores, scores);
                for (var r = 0; r < scores.Length; r++)
                {
                    values[r] = (float)scores[r];
                }

                break;
            case Link.OneVsRest:
                DeterministicMath.Sigmoid(scores, scores);
                for (var at = 0; at < scores.Length; at += Signature.Classes.Count)
                {
                    Share(scores.Slice(at, Signature.Classes.Count), values[at..]);
                }

                break;
            default:
                for (var r = 0; r < scores.Length; r++)
                {
                    values[r] = (float)scores[r];
                }

                break;
        }
    }

    private static void Softmax(Span<double> scores, Span<float> values)
    {
        var greatest = double.NegativeInfinity;
        foreach (var score in scores)
        {
            greatest = Math.Max(greatest, score);
        }

        var sum = 0.0;
        foreach (ref var score in scores)
        {
            score = DeterministicMath.Exp(score - greatest);
            sum += score;
        }

        for (var k = 0; k < scores.Length; k++)
        {
            values[k] = (float)(scores[k] / sum);
        }
    }

    // Where no class has any probability, they stay 0, as in ONNX Runtime.
    private static void Share(ReadOnlySpan<double> scores, Span<float> values)
    {
        var sum = 0.0;
        foreach (var score in scores)
        {
            sum += score;
        }

        for (var k = 0; k < scores.Length; k++)
        {
            values[k] = (float)(sum > 0 ? scores[k] / sum : 0);
        }
    }
}
