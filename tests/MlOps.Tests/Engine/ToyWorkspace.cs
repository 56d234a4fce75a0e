using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Tests.Content;

namespace MlOps.Tests.Engine;

/// <summary>A workspace of toy steps: a step's output is the text of its code, parameter and inputs; it remembers what ran.</summary>
internal sealed class ToyWorkspace : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ToyWorkspace() => Executor = new(this);

    public string Root => _folder.Root;

    public ToyExecutor Executor { get; }

    public List<string> Ran { get; } = [];

    public string LockText => _folder.Read(BuildEngine.LockName);

    public void Write(string path, string text) => _folder.Write(path, text);

    public string Read(string path) => _folder.Read(path);

    public string PathOf(string path) => Path.Join(Root, path);

    public BuildEngine Engine() => new(Root, new Dictionary<string, IStepExecutor> { ["toy"] = Executor });

    public BuildPlan Plan(params Step[] steps) => Engine().Plan(StepGraph.Create(steps));

    public Task<BuildResult> BuildAsync(params Step[] steps) => BuildAsync(new BuildOptions { Jobs = 2 }, steps);

    public async Task<BuildResult> BuildAsync(BuildOptions options, params Step[] steps)
    {
        Ran.Clear();
        return await Engine().BuildAsync(StepGraph.Create(steps), options);
    }

    /// <summary>What ran in a build, in ordinal order.</summary>
    public async Task<string> RanAsync(params Step[] steps)
    {
        var result = await BuildAsync(steps);
        Assert.True(result.Succeeded, string.Join('\n', result.Diagnostics));
        return string.Join(' ', Ran.Order(StringComparer.Ordinal));
    }

    public string Output(BuildResult result, string step, string output = "out") =>
        Encoding.UTF8.GetString(Engine().Store.TryRead(result.Steps.Single(s => s.Step.Name.Value == step).Result!.Outputs[output])!);

    public static Step Step(string name, string inputs = "", string code = "c1", int parameter = 1, params string[] facts) => new()
    {
        Name = StepName.Parse(name),
        Action = "toy",
        Address = new("models/m", name),
        Code = StepRecord.NoOutputs.Add("code", Digest.Of(code)),
        Parameters = new JsonObject { ["p"] = parameter },
        Outputs = ["out"],
        FactNames = [.. facts],
        Origin = "toy.json:1",
        // a word is a step's output, a path with a dot is a file
        Inputs = inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToImmutableSortedDictionary(
            word => word,
            word => word.Contains('.', StringComparison.Ordinal) ? new FileInput(WorkspacePath.Parse(word)) : (StepInput)new OutputInput(StepName.Parse(word), "out")),
    };

    public void Dispose() => _folder.Dispose();
}

/// <summary>Runs toy steps; a hook lets tests interfere.</summary>
internal sealed class ToyExecutor(ToyWorkspace workspace) : IStepExecutor
{
    public bool ReadsInPlace { get; set; } = true;

    public Action<StepContext, CancellationToken>? Before { get; set; }

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        lock (workspace.Ran)
        {
            workspace.Ran.Add(context.Step.Name.Value);
        }

        Before?.Invoke(context, cancellationToken);
        var text = Text(context.Step, name => File.ReadAllText(context.InputPath(name)));
        File.WriteAllText(context.OutputPath("out"), text);
        return new(context.Step.FactNames.Select(fact => KeyValuePair.Create(fact, (JsonNode?)JsonValue.Create(text.Length))));
    }

    /// <summary>A step's output from its inputs' texts. Parameters count by their half only, so that some changes change no output.</summary>
    public static string Text(Step step, Func<string, string> input) => Digest.Of(string.Create(
        CultureInfo.InvariantCulture,
        $"{step.Code["code"]} {step.Parameters["p"]!.GetValue<int>() / 2} {string.Join(' ', step.Inputs.Keys.Select(input))}")).Hex;
}
