using MlOps.Code;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Scoring;
using MlOps.Scoring.Computed;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Whether the functions that a model declares are there and take and give what is asked of them.</summary>
internal sealed class FunctionCheck(CodeLibrary library, string assembly, CodeSymbols symbols, List<Diagnostic> found)
{
    private const string Frame = "MlOps.Data.Frame";

    /// <summary>All of a model; its functions by name, where nothing is wrong.</summary>
    public Dictionary<string, CodeSignature> All(ModelDefinition model)
    {
        var functions = new Dictionary<string, CodeSignature>(StringComparer.Ordinal);
        for (var i = 0; i < model.Manifest.Prepare.Count; i++)
        {
            var name = model.Manifest.Prepare[i].Code;
            if (Only(name, model.At("prepare")) is { } signature)
            {
                functions[name] = signature;
                Fits(name, signature, signature.Parameters is [Frame] && signature.Result == Frame, "a function of 'prepare' takes the table and returns another: public static Frame NAME(Frame table)");
            }
        }

        foreach (var (feature, options) in model.Manifest.Features)
        {
            if (options is { Code: { } name, From: { } from } && Only(name, model.At("features", feature, "code")) is { } signature)
            {
                functions[name] = signature;
                Fits(name, signature, from, options);
            }
        }

        foreach (var (metric, options) in model.Evaluation.Metrics ?? [])
        {
            if (Only(options.Code, model.At("evaluate", "metrics", metric, "code")) is { } signature)
            {
                functions[options.Code] = signature;
                Fits(options.Code, signature, IsMetric(signature, model.Manifest.Task), $"a metric of task {model.Manifest.Task.ToString().ToLowerInvariant()} is {Metric(model.Manifest.Task)}");
            }
        }

        return functions;
    }

    private static bool IsMetric(CodeSignature signature, ModelTask task) => signature.Result == "Double"
        && signature.Parameters.ToArray() is [var actual, var predicted, .. var weights] && weights is [] or ["System.ReadOnlySpan`1<Double>"]
        && (task, actual, predicted) is (ModelTask.Regression, "System.ReadOnlySpan`1<Double>", "System.ReadOnlySpan`1<Double>")
            or (ModelTask.Binary, "System.ReadOnlySpan`1<Boolean>", "System.ReadOnlySpan`1<Double>" or "System.ReadOnlySpan`1<Boolean>")
            or (ModelTask.Multiclass, "System.ReadOnlySpan`1<String>", "System.ReadOnlySpan`1<String>");

    private static string Metric(ModelTask task) => "public static double NAME(" + task switch
    {
        ModelTask.Regression => "ReadOnlySpan<double> actual, ReadOnlySpan<double> predicted",
        ModelTask.Binary => "ReadOnlySpan<bool> actual, ReadOnlySpan<double> probability (or ReadOnlySpan<bool> predicted)",
        _ => "ReadOnlySpan<string> actual, ReadOnlySpan<string> predicted",
    } + "), and may take ReadOnlySpan<double> weights as a third";

    private void Fits(string name, CodeSignature signature, IReadOnlyList<string> from, FeatureOptions options)
    {
        var kind = options.Kind.ToString().ToLowerInvariant();
        if (signature.Parameters.Any(type => type.Contains("Span`1", StringComparison.Ordinal)))
        {
            var blocks = string.Join(", ", from.Select(column => $"ReadOnlySpan<double> {Identifier(column)}"));
            Fits(
                name,
                signature,
                signature.Result == "Void" && signature.Parameters.SequenceEqual([.. from.Select(_ => CellKind.Block), CellKind.BlockResult]),
                $"a function over blocks of rows has numbers only: public static void {name[(name.LastIndexOf('.') + 1)..]}({blocks}, Span<double> result)");
            Fits(name, signature, options.Kind == FeatureKind.Numeric, $"its feature is {kind}, and a function over blocks makes numbers");
            return;
        }

        Fits(name, signature, signature.Parameters.Count == from.Count, $"'from' names {from.Count} {(from.Count == 1 ? "column" : "columns")}: {string.Join(", ", from)}");
        Fits(name, signature, signature.Parameters.All(CellKind.IsCell), "cells are double, float, int, long, bool, string or DateTimeOffset, with '?' where they may be missing; or, for blocks of rows, ReadOnlySpan<double> for each column and then Span<double> for the results");
        Fits(name, signature, CellKind.Makes(signature.Result, options.Kind), $"its feature is {kind}, which {Results(options.Kind)} can be");
    }

    private static string Identifier(string column) => string.Concat(column.Where(char.IsLetterOrDigit)) is { Length: > 0 } name && char.IsLetter(name[0]) ? name : "values";

    private static string Results(FeatureKind kind) => string.Join(", ",
        CellKind.All.Where(type => CellKind.Makes(type, kind)).Select(CellKind.Written));

    private void Fits(string name, CodeSignature signature, bool fits, string why)
    {
        if (!fits)
        {
            found.Add(new("MLO8322", $"function '{name}' takes or returns something else than is asked of it")
            {
                Where = symbols.At(signature.Token),
                Why = $"it is {CellKind.Written(signature.Result)} {name[(name.LastIndexOf('.') + 1)..]}({string.Join(", ", signature.Parameters.Select(CellKind.Written))}); {why}",
                Mend = "change the function, or what model.json declares",
            });
        }
    }

    /// <summary>Type and method without the namespace.</summary>
    private static string Last(string name) => string.Join('.', name.Split('.').TakeLast(2));

    private CodeSignature? Only(string name, string where)
    {
        var all = CodeFunction.Entry(name) is { } entry ? library.Find(entry) : [];
        var open = all.Where(signature => signature.IsOpen).ToList();
        if (open.Count == 1)
        {
            return open[0];
        }

        var known = library.OpenMethods(assembly).ToList();
        // The namespace is what is forgotten or made up most easily.
        var nearest = Diagnostic.Nearest(name, known) ?? known.FirstOrDefault(other => Last(other) == Last(name));
        found.Add(all.Count == 0
            ? new("MLO8320", $"there is no function '{name}'")
            {
                Where = where,
                Why = known.Count == 0 ? "the model's C# files have no public static method" : $"the model's C# files have {string.Join(", ", known.Order(StringComparer.Ordinal).Take(20))}",
                Mend = nearest is null ? "name a public static method as Namespace.Type.Method" : $"did you mean '{nearest}'?",
            }
            : new("MLO8321", $"function '{name}' cannot be called")
            {
                Where = symbols.At(all[0].Token) ?? where,
                Why = open.Count > 1 ? $"there are {open.Count} of this name" : "it is not public, not static or generic, or its type is",
                Mend = open.Count > 1 ? "give each a name of its own" : "make it public static, in a public type",
            });
        return null;
    }
}
