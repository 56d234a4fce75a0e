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
        Directory.CreateDirectory(folder);
        var file = Path.Join(folder, CodeRequest.File);
        File.WriteAllText(file, request.ToJson());
        // Tables are large and live long: a collector per core would only reserve memory.
        string[] environment = [string.Create(CultureInfo.InvariantCulture, $"DOTNET_GCHeapHardLimit=0x{model.Memory:x}"), "DOTNET_gcServer=0", "DOTNET_gcConcurrent=0"];
        var end = WorkerProcess.Run([CSharpCompiler.DotNet, Path.Join(AppContext.BaseDirectory, "mlops.dll"), CodeWorker.Command, file], environment, folder, model.Timeout, report, cancellationToken);
        var result = Path.Join(folder, CodeRequest.Result);
        if (end is { Code: 0, TimedOut: false } && File.Exists(result))
        {
            using var made = File.OpenRead(result);
            return (FrameFile.Read(made), end.Printed.Length > 0 ? end.Printed : null);
        }

        throw new DiagnosticException(Failure(model, request, folder, end));
    }

    private static Diagnostic Failure(CompiledModel model, CodeRequest request, string folder, WorkerEnd end)
    {
        var name = Text(folder, CodeRequest.Running);
        var running = name is not null ? $"function '{name}'" : "the model's code";
        var where = (name is null ? null : model.Functions.GetValueOrDefault(name)?.Place) ?? request.Origin;
        if (end.TimedOut)
        {
            return new("MLO8333", $"{running} takes too long")
            {
                Where = where,
                Why = string.Create(CultureInfo.InvariantCulture, $"it still ran after {model.Timeout.TotalSeconds} s and was ended") + end.LastLines,
                Mend = "make it faster, or raise it: \"limits\": { \"timeout\": \"30m\" } in model.json",
            };
        }

        if (Text(folder, CodeRequest.Failure) is { } told && JsonNode.Parse(told) is { } failure)
        {
            return new((string)failure["code"]!, (string)failure["what"]!) { Where = (string?)failure["where"] ?? where, Why = (string?)failure["why"] + end.LastLines, Mend = (string?)failure["mend"] };
        }

        var overflow = System.Text.Encoding.UTF8.GetString(end.Printed).Contains("Stack overflow.", StringComparison.Ordinal);
        return new("MLO8332", $"{running} crashed")
        {
            Where = where,
            Why = overflow ? "the stack overflowed: it calls itself without end" : end.Code > 128 ? $"its process was ended by signal {end.Code - 128}" : $"its process ended with exit code {end.Code}" + end.LastLines,
            Mend = overflow ? "mend what ends the recursion" : "mend the function; where the machine has too little memory, limit it: \"limits\": { \"megabytes\": … } in model.json",
        };
    }

    private static string? Text(string folder, string file) => Path.Join(folder, file) is var path && File.Exists(path) ? File.ReadAllText(path) : null;
}
