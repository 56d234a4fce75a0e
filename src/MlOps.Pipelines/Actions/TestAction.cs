using System.Text.Json.Nodes;
using MlOps.Engine;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.ModelCode;

namespace MlOps.Pipelines.Actions;

/// <summary>Runs the tests of a model's own code. What it makes says only that they hold, so that other tests train nothing again.</summary>
/// <param name="code">The models' own code, by the models' names.</param>
internal sealed class TestAction(IReadOnlyDictionary<string, CompiledModel> code) : IStepExecutor
{
    public const string Name = "test";

    /// <summary>The parameter that names the types, and the fact that counts the tests.</summary>
    public const string Tests = "tests";

    /// <summary>The same bytes whatever was tested: what reads it waits for the tests, and follows from nothing of them.</summary>
    public const string Passed = "passed";

    public bool ReadsInPlace => true;

    public static JsonObject Parameters(ModelDefinition model) => new() { [Tests] = new JsonArray([.. (model.Manifest.Tests ?? []).Order(StringComparer.Ordinal).Select(type => (JsonNode)type)]) };

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var request = new JsonObject { ["action"] = Name, [Tests] = context.Step.Parameters[Tests]!.DeepClone() };
        var (facts, printed) = CodeRunner.Run(OwnCodeExecutor.ModelOf(code, context.Step), request, context.Step.Origin, Path.Join(context.WorkDirectory, "code"), context.Report, cancellationToken);
        context.Log = printed;
        File.WriteAllText(context.OutputPath(Passed), "passed\n");
        return facts;
    }
}
