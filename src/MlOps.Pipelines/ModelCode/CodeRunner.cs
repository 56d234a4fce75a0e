using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Runs models' own code in a process of its own: whatever it does there, it ends with a table or with a diagnostic.</summary>
internal static class CodeRunner
{
    /// <summary>The table that the functions make of another.</summary>
    /// <param name="model">The code, and what it may take.</param>
    /// <param name="request">What to run.</param>
    /// <param name="folder">A folder for the worker alone.</param>
    /// <param name="report">Told the last line that it prints.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The table, and what was printed; null for nothing.</returns>
    /// <exception cref="DiagnosticException">The code failed (MLO8330 to MLO8339).</exception>
    public static (Frame Table, byte[]? Printed) Run(CompiledModel model, CodeRequest request, string folder, Action<string>? report, CancellationToken cancellationToken)
    {
        var (result, printed) = Start(model, (CodeWorker.Command, CodeRequest.Result, request.Origin), request.ToJson(), folder, report, cancellationToken);
        using var made = File.OpenRead(result);
        return (FrameFile.Read(made), printed);
    }

    /// <summary>What comes of work that is named in JSON, which is done in a process where the model's code can be called (<see cref="StepWorker"/>).</summary>
    /// <param name="model">The code, and what it may take.</param>
    /// <param name="request">What to do.</param>
    /// <param name="origin">The file that declares it, for diagnostics.</param>
    /// <param name="folder">A folder for the worker alone.</param>
    /// <param name="report">Told the last line that it prints.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">The code failed (MLO8330 to MLO8339), or what it is asked for cannot be done.</exception>
    public static (JsonObject Result, byte[]? Printed) Run(CompiledModel model, JsonObject request, string? origin, string folder, Action<string>? report, CancellationToken cancellationToken)
    {
        request["assembly"] = model.Assembly;
        var (result, printed) = Start(model, (StepWorker.Command, StepWorker.Result, origin), request.ToJsonString(), folder, report, cancellationToken);
        return (JsonNode.Parse(File.ReadAllText(result))!.AsObject(), printed);
    }

    private static (string Result, byte[]? Printed) Start(
        CompiledModel model, (string Command, string Result, string? Origin) worker, string request, string folder, Action<string>? report, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Join(folder, CodeRequest.File);
        File.WriteAllText(file, request);
        // Tables are large and live long: a collector per core would only reserve memory.
        string[] environment = [string.Create(CultureInfo.InvariantCulture, $"DOTNET_GCHeapHardLimit=0x{model.Memory:x}"), "DOTNET_gcServer=0", "DOTNET_gcConcurrent=0"];
        var end = WorkerProcess.Run([CSharpCompiler.DotNet, Path.Join(AppContext.BaseDirectory, "mlops.dll"), worker.Command, file], environment, folder, model.Timeout, report, cancellationToken);
        var result = Path.Join(folder, worker.Result);
        return end is { Code: 0, TimedOut: false } && File.Exists(result) ? (result, end.Printed.Length > 0 ? end.Printed : null)
            : throw new DiagnosticException(Failures(model, worker.Origin, folder, end));
    }

    private static IReadOnlyList<Diagnostic> Failures(CompiledModel model, string? origin, string folder, WorkerEnd end)
    {
        if (end.TimedOut || Text(folder, CodeRequest.Failure) is not { } told)
        {
            return [Failure(model, origin, folder, end)];
        }

        var failures = JsonNode.Parse(told)!.AsArray();
        return [.. Told(failures).Select(failure => failure with { Where = failure.Where ?? Place(model, folder) ?? origin, Why = failure.Why + (failures.Count == 1 ? end.LastLines : "") })];
    }

    /// <summary>What a worker said.</summary>
    public static IEnumerable<Diagnostic> Told(JsonArray found) => found.Select(one => new Diagnostic((string)one!["code"]!, (string)one["what"]!)
    {
        Where = (string?)one["where"],
        Why = (string?)one["why"],
        Mend = (string?)one["mend"],
    });

    private static Diagnostic Failure(CompiledModel model, string? origin, string folder, WorkerEnd end)
    {
        var running = Text(folder, CodeRequest.Running) is { Length: > 0 } name ? name : "the model's code";
        var where = Place(model, folder) ?? origin;
        if (end.TimedOut)
        {
            return new("MLO8333", $"{running} takes too long")
            {
                Where = where,
                Why = string.Create(CultureInfo.InvariantCulture, $"it still ran after {model.Timeout.TotalSeconds} s and was ended") + end.LastLines,
                Mend = model.Mend ?? "make it faster, or raise it: \"limits\": { \"timeout\": \"30m\" } in model.json",
            };
        }

        var overflow = System.Text.Encoding.UTF8.GetString(end.Printed).Contains("Stack overflow.", StringComparison.Ordinal);
        return new("MLO8332", $"{running} crashed")
        {
            Where = where,
            Why = overflow ? "the stack overflowed: it calls itself without end" : end.Code > 128 ? $"its process was ended by signal {end.Code - 128}" : $"its process ended with exit code {end.Code}" + end.LastLines,
            Mend = overflow ? "mend what ends the recursion" : "mend the function; where the machine has too little memory, limit it: \"limits\": { \"megabytes\": … } in model.json",
        };
    }

    /// <summary>Where the function or the type that ran begins; what runs is named as in <c>function 'Demand.Clean'</c>, a test by its type and its name.</summary>
    private static string? Place(CompiledModel model, string folder) => Text(folder, CodeRequest.Running)?.Split('\'') is not [_, var name, ..] ? null
        : (model.Functions.GetValueOrDefault(name) ?? (CodeFunction.Entry(name) is { } test ? model.Functions.GetValueOrDefault(test.Type) : null))?.Place;

    private static string? Text(string folder, string file) => Path.Join(folder, file) is var path && File.Exists(path) ? File.ReadAllText(path) : null;
}
