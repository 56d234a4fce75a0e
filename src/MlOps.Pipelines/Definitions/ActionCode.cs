using System.Reflection;
using System.Text.Json.Serialization;
using MlOps.Code;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.ModelCode;
using MlOps.Scoring.Computed;

namespace MlOps.Pipelines.Definitions;

/// <summary>The code of the built-in steps: where each kind is entered, and what it reaches from there.</summary>
/// <remarks>The engine is not followed: it knows nothing of results. Trainers are a seam, so that a step covers its own only; what reads their options is the same that
/// wrote them into the parameters.</remarks>
/// <param name="images">The assemblies that are followed.</param>
internal sealed class ActionCode(IEnumerable<byte[]> images) : IDisposable
{
    /// <summary>The product's assemblies that steps run; a trainer's own comes with them.</summary>
    public static readonly IReadOnlyList<string> Assemblies = ["MlOps.Content", "MlOps.Data", "MlOps.Scoring", "MlOps.Learning", "MlOps.Containers", "MlOps.Packaging", "MlOps.Pipelines"];

    private static readonly Dictionary<string, Type> Actions = new(StringComparer.Ordinal)
    {
        [$"{ImportAction.Name}/csv"] = typeof(ImportAction),
        [$"{PinAction.Name}/files"] = typeof(PinAction),
        [$"{PrepareAction.Name}/split"] = typeof(PrepareAction),
        [$"{TestAction.Name}/{TestAction.Tests}"] = typeof(TestAction),
        [$"{TuneAction.Name}/{TuneAction.Code}"] = typeof(TuneAction),
        [$"{EvaluateAction.Name}/metrics"] = typeof(EvaluateAction),
        [$"{ExplainAction.Name}/explanations"] = typeof(ExplainAction),
        [$"{GateAction.Name}/thresholds"] = typeof(GateAction),
        [$"{PackageAction.Name}/{PackageAction.Variant}"] = typeof(PackageAction),
        [$"{BaseAction.Name}/layers"] = typeof(BaseAction),
        [$"{ServiceAction.Name}/publish"] = typeof(ServiceAction),
        [$"{ImageAction.Name}/compose"] = typeof(ImageAction),
    };

    /// <summary>What calls the model's own code in a process of its own: entered there, for the action names the process only.</summary>
    private static readonly Dictionary<string, CodeEntry> Workers = new(StringComparer.Ordinal)
    {
        [$"{PrepareAction.Name}/{PrepareAction.Worker}"] = new(typeof(CodeWorker).FullName!, nameof(CodeWorker.Run)),
        [$"{TestAction.Name}/{PrepareAction.Worker}"] = new(typeof(TestRun).FullName!, nameof(TestRun.Of)),
        [$"{TrainAction.Name}/{PrepareAction.Worker}"] = new(typeof(OwnTrainer).FullName!, nameof(OwnTrainer.Read)),
        [$"{EvaluateAction.Name}/{PrepareAction.Worker}"] = new(typeof(MetricCode).FullName!, nameof(MetricCode.Of)),
    };

    private static readonly HashSet<string> Seams = [typeof(TrainerOptions).FullName!];

    private static readonly HashSet<string> LookAtModels = [.. new[] { "BlockLoop", "CellArgument", "CodeAssembly", "FeatureFunction", "ResultCells", "RowLoop" }.Select(type => $"{typeof(FeatureFunction).Namespace}.{type}"),
        typeof(CodeWorker).FullName!, typeof(WorkerShell).FullName!, typeof(TestRun).FullName!, typeof(TestShape).FullName!, typeof(OwnTrainer).FullName!, typeof(MetricCode).FullName!];

    // Named without its version, which says nothing of results.
    private static readonly Dictionary<string, string> Packages = new(StringComparer.Ordinal) { ["MlOps.Engine"] = "MlOps.Engine" };

    private readonly CodeLibrary _library = new(images, Packages);

    /// <summary>All kinds of step with the product's own trainers, as <c>action/variant</c>, and the type of the trainer where one is run.</summary>
    public static IEnumerable<(string Name, Type? Trainer)> All => Actions.Keys.Concat(Workers.Keys).Select(name => (name, (Type?)null))
        .Concat(from trainer in typeof(TrainerOptions).GetCustomAttributes<JsonDerivedTypeAttribute>()
                from action in new[] { TrainAction.Name, TrialAction.Name }
                select ($"{action}/{trainer.TypeDiscriminator}", (Type?)trainer.DerivedType));

    /// <summary>What a kind of step does.</summary>
    /// <param name="name">As in <see cref="All"/>, or with the name of another trainer.</param>
    /// <param name="trainer">Its type.</param>
    public CodeFingerprint Of(string name, Type? trainer)
    {
        // What it looks up is the model's code, which has fingerprints of its own.
        if (Workers.TryGetValue(name, out var worker))
        {
            return _library.Fingerprint([worker], Seams, reflectors: LookAtModels);
        }

        var action = Actions.TryGetValue(name, out var known) ? known : name.StartsWith($"{TrialAction.Name}/", StringComparison.Ordinal) ? typeof(TrialAction) : typeof(TrainAction);
        return _library.Fingerprint([new(action.FullName!, nameof(IStepExecutor.Execute)), .. trainer is null ? [] : Entries(trainer)], Seams);
    }

    public void Dispose() => _library.Dispose();

    /// <summary>What is behind the seam: all that a trainer offers, and all that it overrides.</summary>
    private static IEnumerable<CodeEntry> Entries(Type trainer)
    {
        for (var type = trainer; type != typeof(TrainerOptions); type = type.BaseType!)
        {
            yield return new(type.FullName!);
            const BindingFlags Own = BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.NonPublic;
            foreach (var method in type.GetMethods(Own).Where(method => method.IsVirtual).Select(method => method.Name).Distinct())
            {
                yield return new(type.FullName!, method);
            }
        }
    }
}
