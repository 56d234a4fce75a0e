using System.Reflection;
using MlOps.Learning;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Models' own functions as metrics: the one place where rows become the spans that they take.</summary>
internal static class MetricCode
{
    private delegate double Plain<TActual, TPredicted>(ReadOnlySpan<TActual> actual, ReadOnlySpan<TPredicted> predicted);

    private delegate double Weighted<TActual, TPredicted>(ReadOnlySpan<TActual> actual, ReadOnlySpan<TPredicted> predicted, ReadOnlySpan<double> weights);

    /// <summary>What it computes of a sample.</summary>
    /// <param name="method">Takes what <see cref="FunctionCheck"/> allows.</param>
    public static MetricFunction Of(MethodInfo method) => method.GetParameters().Select(parameter => parameter.ParameterType).ToArray() switch
    {
        [var actual, _] when actual == typeof(ReadOnlySpan<double>) => Numbers(method.CreateDelegate<Plain<double, double>>()),
        [var actual, _] when actual == typeof(ReadOnlySpan<string>) => Classes(method.CreateDelegate<Plain<string, string>>()),
        [_, var predicted] when predicted == typeof(ReadOnlySpan<bool>) => Calls(method.CreateDelegate<Plain<bool, bool>>()),
        [_, _] => Probabilities(method.CreateDelegate<Plain<bool, double>>()),
        [var actual, _, _] when actual == typeof(ReadOnlySpan<double>) => Numbers(method.CreateDelegate<Weighted<double, double>>()),
        [var actual, _, _] when actual == typeof(ReadOnlySpan<string>) => Classes(method.CreateDelegate<Weighted<string, string>>()),
        [_, var predicted, _] when predicted == typeof(ReadOnlySpan<bool>) => Calls(method.CreateDelegate<Weighted<bool, bool>>()),
        _ => Probabilities(method.CreateDelegate<Weighted<bool, double>>()),
    };

    private static MetricFunction Numbers(Plain<double, double> function) => sample => function(sample.Numbers, sample.Predicted);

    private static MetricFunction Numbers(Weighted<double, double> function) => sample => function(sample.Numbers, sample.Predicted, sample.Weights);

    private static MetricFunction Classes(Plain<string, string> function) => sample => function(sample.Classes, sample.PredictedClasses);

    private static MetricFunction Classes(Weighted<string, string> function) => sample => function(sample.Classes, sample.PredictedClasses, sample.Weights);

    private static MetricFunction Calls(Plain<bool, bool> function) => sample => function(sample.Positives, sample.PredictedPositives);

    private static MetricFunction Calls(Weighted<bool, bool> function) => sample => function(sample.Positives, sample.PredictedPositives, sample.Weights);

    private static MetricFunction Probabilities(Plain<bool, double> function) => sample => function(sample.Positives, sample.Predicted);

    private static MetricFunction Probabilities(Weighted<bool, double> function) => sample => function(sample.Positives, sample.Predicted, sample.Weights);
}
