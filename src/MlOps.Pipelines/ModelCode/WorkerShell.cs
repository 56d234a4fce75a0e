using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Scoring.Computed;
using Diagnostic = MlOps.Content.Diagnostic;

namespace MlOps.Pipelines.ModelCode;

/// <summary>What stands around a model's own code in its process: whatever the code does, what went wrong is told in a file.</summary>
internal sealed class WorkerShell
{
    private readonly string _folder;
    private readonly SafeFileHandle _running;
    private bool _told;

    /// <param name="folder">Where the files lie that are read afterwards.</param>
    /// <param name="code">The model's.</param>
    /// <param name="running">Gets <see cref="Running"/>, for the day when nothing else can be told.</param>
    public WorkerShell(string folder, CodeAssembly code, SafeFileHandle running) => (_folder, Code, _running) = (folder, code, running);

    public CodeAssembly Code { get; }

    public Assembly Assembly => Code.Assembly;

    /// <summary>What of the model's code runs, as the diagnostics name it: <c>function 'Demand.Clean'</c>.</summary>
    public string Running
    {
        get;
        set
        {
            if (field != value)
            {
                field = value;
                var text = Encoding.UTF8.GetBytes(value);
                RandomAccess.SetLength(_running, text.Length);
                RandomAccess.Write(_running, text, 0);
            }
        }
    } = "the model's code";

    /// <summary>What went wrong so far and did not end the work; told before what ends it.</summary>
    public List<Diagnostic> Found { get; } = [];

    /// <summary>The file of <see cref="Running"/>, open: it changes often.</summary>
    public static SafeFileHandle Open(string folder) => File.OpenHandle(Path.Join(folder, CodeRequest.Running), FileMode.Create, FileAccess.Write, FileShare.Read);

    /// <summary>Does the work; gives the exit code.</summary>
    public int Run(Action work)
    {
        WorkerProcess.EndWithParent();
        // The host goes without the framework's messages; whoever wrote the code needs them.
        AppContext.SetSwitch("System.Resources.UseSystemResourceKeys", false);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Tell([.. Found, Failed("MLO8331", "ends its process", "whatever ends it takes the result with it", Place(new StackTrace(fNeedFileInfo: true)), "return instead; for what is wrong with the data, throw an exception")]);
        AppDomain.CurrentDomain.UnhandledException += (_, unhandled) => Tell([.. Found, Thrown((Exception)unhandled.ExceptionObject)]);
        try
        {
            work();
            _told = true;
            return 0;
        }
        catch (DiagnosticException wrong)
        {
            Tell(wrong.Diagnostics);
            return 1;
        }
#pragma warning disable CA1031 // Whatever the model's code throws is told to whoever wrote it.
        catch (Exception thrown)
        {
            Tell([Thrown(thrown)]);
            return 1;
        }
#pragma warning restore CA1031
    }

    /// <summary>What is wrong with what runs.</summary>
    public Diagnostic Failed(string code, string what, string? why, string? where, string mend) => new(code, $"{Running} {what}") { Where = where, Why = why, Mend = mend };

    /// <summary>What an exception of the model's code says.</summary>
    public Diagnostic Thrown(Exception thrown)
    {
        var at = thrown is RowException row ? $" for row {row.Number} of the table" : "";
        thrown = Inner(thrown);
        var place = Place(new StackTrace(thrown, fNeedFileInfo: true));
        return thrown is OutOfMemoryException
            ? Failed("MLO8334", "needs too much memory", "its objects outgrow the limit", place, "keep less at a time, or raise it: \"limits\": { \"megabytes\": … } in model.json")
            : Failed("MLO8330", $"failed{at}", $"{thrown.GetType().Name}: {thrown.Message}", place, "mend the code, or the data that it is given");
    }

    /// <summary>The exception below those that only say that something was thrown.</summary>
    public static Exception Inner(Exception thrown)
    {
        while (thrown is RowException or TypeInitializationException or TargetInvocationException or AggregateException && thrown.InnerException is { } inner)
        {
            thrown = inner;
        }

        return thrown;
    }

    /// <summary>The innermost line of the model's own files.</summary>
    public string? Place(StackTrace trace)
    {
        const string root = "/_/";
        foreach (var frame in trace.GetFrames())
        {
            if (frame.GetMethod()?.Module.Assembly == Assembly && frame.GetFileName() is { } file && file.StartsWith(root, StringComparison.Ordinal))
            {
                return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file[root.Length..]}:{frame.GetFileLineNumber()}");
            }
        }

        return null;
    }

    /// <summary>As <see cref="CodeRunner"/> reads them.</summary>
    public static JsonArray Json(IEnumerable<Diagnostic> found) => [.. found.Select(one => (JsonNode)new JsonObject
    {
        ["code"] = one.Code, ["what"] = one.What, ["where"] = one.Where, ["why"] = one.Why, ["mend"] = one.Mend,
    })];

    /// <summary>The first failure is the one that matters.</summary>
    private void Tell(IReadOnlyList<Diagnostic> failures)
    {
        if (!_told)
        {
            _told = true;
            File.WriteAllText(Path.Join(_folder, CodeRequest.Failure), Json(failures).ToJsonString());
        }
    }
}
