using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Champions;
using MlOps.Scoring.Computed;

namespace MlOps.Pipelines.ModelCode;

/// <summary>The process that runs whole steps where the model's own code can be called, its tests, and asks its trainers what they are; all it knows is its request.</summary>
public static class StepWorker
{
    /// <summary>The word on the command line that asks for it; no target.</summary>
    public const string Command = "exec-step";

    /// <summary>The file in the worker's folder that tells what came of it.</summary>
    internal const string Result = "result.json";

    /// <summary>What it does in place of a step's action: tests of the model's code, and a trainer's options.</summary>
    internal const string Describe = "describe", Test = TestAction.Name;

    /// <summary>What it gives of a step's action: its facts, and what it warned of.</summary>
    internal const string Facts = "facts", Warnings = "warnings";

    /// <summary>Does what a request asks; gives the exit code.</summary>
    /// <param name="file">The request.</param>
    public static int Run(string file)
    {
        var folder = Path.GetDirectoryName(file)!;
        var request = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        using var running = WorkerShell.Open(folder);
        var shell = new WorkerShell(folder, CodeAssembly.Load((string)request["assembly"]!), running);
        return shell.Run(() => File.WriteAllText(Path.Join(folder, Result), Done(request, shell).ToJsonString()));
    }

    private static JsonObject Done(JsonObject request, WorkerShell shell) => (string)request["action"]! switch
    {
        Describe => Trainers(shell).Describe(request["trainer"]!.AsObject(), request["search"]?.AsObject()),
        Test => new() { [TestAction.Tests] = new TestRun(shell).Of(request["tests"]!.AsArray().Select(type => (string)type!)) },
        var action => Execute(action, StepRequest.FromJson(request), shell),
    };

    private static TrainerCode Trainers(WorkerShell shell) => new(shell.Assembly, name => shell.Running = $"trainer '{name}'");

    private static JsonObject Execute(string action, StepRequest request, WorkerShell shell)
    {
        IStepExecutor executor = action switch
        {
            TrainAction.Name => new TrainAction(request.Threads, Trainers(shell).Json),
            TrialAction.Name => new TrialAction(Share(request.Threads), Trainers(shell).Json, Metric),
            // The model's functions are called one after the other.
            EvaluateAction.Name => new EvaluateAction(1, Metric),
            _ => new GateAction(new ToldChampions(request.Champion!), 1, Metric),
        };
        var context = StepContext.Apart(request.Step, request.WorkDirectory, name => request.Inputs[name]);
        return new() { [Facts] = executor.Execute(context, CancellationToken.None), [Warnings] = WorkerShell.Json(context.Warnings) };

        MetricFunction Metric(string code)
        {
            var (running, entry) = ($"metric '{code}'", CodeFunction.Entry(code)!.Value);
            var function = MetricCode.Of(shell.Assembly.GetType(entry.Type, throwOnError: true)!.GetMethod(entry.Method!)!);
            return sample =>
            {
                shell.Running = running;
                return function(sample);
            };
        }
    }

    private static ThreadShare Share(int threads) => new(threads);
}

/// <summary>A step as a worker is told of it.</summary>
/// <param name="Step">Its inputs have names only.</param>
/// <param name="WorkDirectory">Where it writes.</param>
/// <param name="Inputs">Where its inputs lie.</param>
/// <param name="Threads">How many threads it may use.</param>
/// <param name="Champion">What a gate is to be told of its champion; null for other steps.</param>
internal sealed record StepRequest(Step Step, string WorkDirectory, IReadOnlyDictionary<string, string> Inputs, int Threads, JsonObject? Champion)
{
    public JsonObject ToJson() => new()
    {
        ["action"] = Step.Action,
        ["champion"] = Champion,
        ["code"] = new JsonObject(Step.Code.Select(part => KeyValuePair.Create(part.Key, (JsonNode?)part.Value.ToString()))),
        ["facts"] = Texts(Step.FactNames),
        ["folder"] = WorkDirectory,
        ["inputs"] = new JsonObject(Inputs.Select(input => KeyValuePair.Create(input.Key, (JsonNode?)input.Value))),
        ["key"] = Step.Address.Key,
        ["name"] = Step.Name.Value,
        ["origin"] = Step.Origin,
        ["outputs"] = Texts(Step.Outputs),
        ["owner"] = Step.Address.Owner,
        ["parameters"] = Step.Parameters.DeepClone(),
        ["threads"] = Threads,
    };

    public static StepRequest FromJson(JsonObject json)
    {
        var name = StepName.Parse((string)json["name"]!);
        var inputs = json["inputs"]!.AsObject().ToDictionary(input => input.Key, input => (string)input.Value!, StringComparer.Ordinal);
        return new(
            new()
            {
                Name = name,
                Action = (string)json["action"]!,
                Address = new((string)json["owner"]!, (string)json["key"]!),
                Code = json["code"]!.AsObject().ToImmutableSortedDictionary(part => part.Key, part => Digest.Parse((string)part.Value!), StringComparer.Ordinal),
                Parameters = json["parameters"]!.DeepClone().AsObject(),
                Inputs = inputs.Keys.ToImmutableSortedDictionary(input => input, input => (StepInput)new OutputInput(name, input), StringComparer.Ordinal),
                Outputs = Texts(json["outputs"]),
                FactNames = Texts(json["facts"]),
                Origin = (string?)json["origin"],
            },
            (string)json["folder"]!,
            inputs,
            (int)json["threads"]!,
            json["champion"]?.AsObject());
    }

    private static JsonArray Texts(IEnumerable<string> all) => new([.. all.Select(text => (JsonNode)text)]);

    private static ImmutableSortedSet<string> Texts(JsonNode? all) => all!.AsArray().Select(text => (string)text!).ToImmutableSortedSet(StringComparer.Ordinal);
}

/// <summary>What the build knows of a gate's champion, told to a worker.</summary>
/// <param name="told">As <see cref="Of"/> says it.</param>
internal sealed class ToldChampions(JsonObject told) : IChampions
{
    /// <summary>All that a gate may ask.</summary>
    /// <param name="folder">For the files of the champion and of its rows.</param>
    public static JsonObject Of(IChampions champions, StepContext gate, string folder)
    {
        var told = new JsonObject();
        if (GateAction.EnvironmentOf(gate.Step) is not { } environment)
        {
            return told;
        }

        Directory.CreateDirectory(folder);
        var inputs = gate.Step.Inputs.Keys.ToDictionary(name => name, name => Digest.Of(File.ReadAllBytes(gate.InputPath(name))), StringComparer.Ordinal);
        var champion = champions.Find(gate.Step, environment, inputs[TrainAction.Model]);
        told["model"] = champion.Model?.ToString();
        told["bytes"] = Kept("champion.onnx", champion.Bytes);
        told["functions"] = new JsonObject(champion.Functions.Select(function => KeyValuePair.Create(function.Key, (JsonNode?)function.Value.ToString())));
        if (champion.Model is { } model)
        {
            told["verdict"] = champion.Bytes is null ? champions.Verdict(gate.Step, model, inputs) : null;
            if (champion.Bytes is not null && champions.LearntFrom(gate.Step, model) is var (digest, rows))
            {
                told["rows"] = Kept("champion.frame", rows);
                told["rowsDigest"] = digest.ToString();
            }
        }

        return told;

        string? Kept(string name, byte[]? bytes)
        {
            if (bytes is null)
            {
                return null;
            }

            File.WriteAllBytes(Path.Join(folder, name), bytes);
            return Path.Join(folder, name);
        }
    }

    public Champion Find(Step gate, string environment, Digest candidate) => new(DigestAt("model"), BytesAt("bytes"))
    {
        Functions = told["functions"]!.AsObject().ToDictionary(function => function.Key, function => Digest.Parse((string)function.Value!), StringComparer.Ordinal),
    };

    public JsonObject? Verdict(Step gate, Digest champion, IReadOnlyDictionary<string, Digest> inputs) => told["verdict"]?.DeepClone().AsObject();

    public (Digest Digest, byte[] Bytes)? LearntFrom(Step gate, Digest champion) => BytesAt("rows") is { } rows ? (DigestAt("rowsDigest")!.Value, rows) : null;

    private Digest? DigestAt(string name) => (string?)told[name] is { } digest ? Digest.Parse(digest) : null;

    private byte[]? BytesAt(string name) => (string?)told[name] is { } file ? File.ReadAllBytes(file) : null;
}
