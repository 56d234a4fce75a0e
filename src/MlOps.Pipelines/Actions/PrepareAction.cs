using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.ModelCode;

namespace MlOps.Pipelines.Actions;

/// <summary>Lets a model's own code change a dataset, takes the model's columns out of it, drops rows without a label, and tells test rows from training rows.</summary>
/// <param name="code">The models' own code, by the models' names.</param>
internal sealed class PrepareAction(IReadOnlyDictionary<string, CompiledModel> code) : IStepExecutor
{
    public const string Name = "prepare";
    public const string Table = ImportAction.Table;
    public const string Train = "train.frame";
    public const string Test = "test.frame";

    /// <summary>The training rows for programs.</summary>
    public const string TrainCsv = "train.csv";

    /// <summary>The test rows for programs.</summary>
    public const string TestCsv = "test.csv";

    /// <summary>The column that the split divides by, of the training rows: what folds divide by where rows have not that column themselves.</summary>
    public const string Keys = "keys.frame";

    /// <summary>The parameters that name the functions of the model's own code: of the whole table, and of columns.</summary>
    private const string Functions = "prepare", Computed = "compute";

    /// <summary>The code part of what calls the model's own functions.</summary>
    public const string Worker = "functions";

    /// <summary>The fact that says what the columns are that functions of rows take: in scoring they have to be the same.</summary>
    public const string Takes = "takes";

    /// <summary>The parameter that names the test rows' columns which are only there to group them.</summary>
    private const string Slices = "slices";

    public bool ReadsInPlace => true;

    public static JsonObject Parameters(ModelDefinition model)
    {
        var split = model.Split;
        var declared = new JsonObject { ["by"] = JsonNamingPolicy.CamelCase.ConvertName(split.By.ToString()) };
        if (split.Column is not null)
        {
            declared["column"] = split.Column;
        }

        if (split.By == SplitBy.Column)
        {
            declared["value"] = split.Value;
        }
        else
        {
            declared["share"] = split.Share;
        }

        var parameters = new JsonObject
        {
            ["columns"] = new JsonArray([.. model.Manifest.Features.Keys.Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]),
            ["label"] = model.Manifest.Label,
            ["split"] = declared,
        };
        if (model.Manifest.Weight is { } weight)
        {
            parameters["weight"] = weight;
        }

        if (model.Folds is { Column: { } key } && key != model.Manifest.Label && key != model.Manifest.Weight && !model.Manifest.Features.ContainsKey(key))
        {
            parameters[TrainAction.Folds] = key;
        }

        if (model.SliceColumns is { Count: > 0 } slices)
        {
            parameters[Slices] = new JsonArray([.. slices.Select(name => (JsonNode)name)]);
        }

        if (model.Manifest.Prepare is { Count: > 0 } functions)
        {
            parameters[Functions] = new JsonArray([.. functions.Select(function => (JsonNode)function.Code)]);
        }

        if (model.ComputedColumns is { Count: > 0 } computed)
        {
            parameters[Computed] = CodeRequest.Json(computed);
        }

        return parameters;
    }

    /// <summary>Whether a model is tuned whose folds divide by a column that its rows need not have.</summary>
    public static bool HasKeys(ModelDefinition model) => model.Manifest.Tune is not null
        && model.Split is { By: SplitBy.Time or SplitBy.Group or SplitBy.Stratified, Column: var column } && column != model.Manifest.Label;

    /// <summary>What it tells the lock.</summary>
    public static string[] FactNames(ModelDefinition model) => model.ComputedColumns.Count > 0 ? ["rows", Takes] : ["rows"];

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var frame = Read(context, cancellationToken);
        var parameters = context.Step.Parameters;
        var label = (string)parameters["label"]!;
        var columns = parameters["columns"]!.AsArray().Select(name => (string)name!).ToList();
        var weight = (string?)parameters["weight"];
        var slices = parameters[Slices]?.AsArray().Select(name => (string)name!).ToList() ?? [];
        Check(frame, context.Step, label, weight, columns, slices);

        var labels = frame[label];
        var labelled = Enumerable.Range(0, frame.RowCount).Where(row => !labels.IsMissing(row)).ToArray();
        var rows = labelled.Length == frame.RowCount ? frame : frame.Select(labelled);
        var split = Spec(parameters["split"]!.AsObject());
        // What a row is does not change with what is computed of it: another feature leaves the test rows as they are.
        var computed = CodeRequest.ColumnsOf(parameters[Computed]).Select(column => column.Name).Where(name => name != split.Column).ToHashSet(StringComparer.Ordinal);
        var isTest = Split.Assign(computed.Count == 0 ? rows : rows.WithOnly(rows.Columns.Select(column => column.Name).Where(name => !computed.Contains(name))), split);
        if (context.Step.Outputs.Contains(Keys))
        {
            using var keys = File.Create(context.OutputPath(Keys));
            FrameFile.Write(rows.WithOnly([split.Column!]).Select([.. Enumerable.Range(0, isTest.Length).Where(row => !isTest[row])]), keys);
        }

        List<string> programsSee = [.. columns, .. weight is null ? [] : new[] { weight }, label];
        IEnumerable<string> learnt = (string?)parameters[TrainAction.Folds] is { } key ? [.. programsSee, key] : programsSee;
        var train = Write(context, Train, TrainCsv, rows.WithOnly(learnt), programsSee, isTest, side: false);
        var taken = CodeRequest.ColumnsOf(parameters[Computed]).SelectMany(column => column.From).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        // Training rows have no slice columns: declaring one retrains nothing. What functions take is what callers send: a smoke test asks with it.
        var test = Write(context, Test, TestCsv, rows.WithOnly([.. programsSee, .. slices.Concat(taken).Except(programsSee)]), programsSee, isTest, side: true);
        var facts = new JsonObject { ["rows"] = new JsonObject { ["dropped"] = frame.RowCount - labelled.Length, ["test"] = test, ["train"] = train } };
        if (taken.Count > 0)
        {
            facts[Takes] = new JsonObject(taken.Select(name => KeyValuePair.Create(name, (JsonNode?)frame[name].Type.ToString().ToLowerInvariant())));
        }

        return facts;
    }

    private Frame Read(StepContext context, CancellationToken cancellationToken)
    {
        var parameters = context.Step.Parameters;
        var (table, computed) = (context.InputPath(Table), CodeRequest.ColumnsOf(parameters[Computed]));
        if (parameters[Functions] is null && computed.Count == 0)
        {
            using var file = File.OpenRead(table);
            return FrameFile.Read(file);
        }

        var model = code[context.Step.Name.Value[..context.Step.Name.Value.LastIndexOf('/')]];
        var request = new CodeRequest(model.Assembly, table, [.. (parameters[Functions]?.AsArray() ?? []).Select(name => (string)name!)], computed, context.Step.Origin);
        var (made, printed) = CodeRunner.Run(model, request, Path.Join(context.WorkDirectory, "code"), context.Report, cancellationToken);
        context.Log = printed;
        return made;
    }

    private static SplitSpec Spec(JsonObject split) => new(
        Enum.Parse<SplitBy>((string)split["by"]!, ignoreCase: true),
        (string?)split["column"],
        (double?)split["share"] ?? 0.2,
        (string?)split["value"]);

    private static int Write(StepContext context, string output, string csv, Frame frame, List<string> programsSee, bool[] isTest, bool side)
    {
        var rows = Enumerable.Range(0, frame.RowCount).Where(row => isTest[row] == side).ToArray();
        var part = frame.Select(rows);
        using var file = File.Create(context.OutputPath(output));
        FrameFile.Write(part, file);
        if (context.Step.Outputs.Contains(csv))
        {
            using var text = File.Create(context.OutputPath(csv));
            CsvFile.Write(part.WithOnly(programsSee), text);
        }

        return rows.Length;
    }

    private static void Check(Frame frame, Step step, string label, string? weight, List<string> columns, List<string> slices)
    {
        var found = new List<Diagnostic>();
        foreach (var (name, pointer) in columns.Select(name => (name, $"/features/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}"))
            .Concat(weight is null ? [] : [(weight, "/weight")]).Append((label, "/label")).Concat(slices.Select(name => (name, "/evaluate/slices"))))
        {
            if (frame.TryGet(name, out _))
            {
                continue;
            }

            var nearest = Diagnostic.Nearest(name, frame.Columns.Select(column => column.Name));
            found.Add(new("MLO2020", $"column '{name}' is missing")
            {
                Where = $"{step.Origin}#{pointer}",
                Why = $"the dataset has columns {string.Join(", ", frame.Columns.Select(column => column.Name))}",
                Mend = nearest is null ? $"remove '{name}', or import data that has it" : $"did you mean '{nearest}'?",
            });
        }

        if (found.Count == 0 && frame[label].MissingCount == frame.RowCount)
        {
            found.Add(new("MLO2021", $"no row has a value in the label '{label}'")
            {
                Where = $"{step.Origin}#/label",
                Why = $"all {frame.RowCount} rows are empty there",
                Mend = "choose another label, or import data that has it",
            });
        }

        if (found.Count > 0)
        {
            throw new DiagnosticException(found);
        }
    }
}
