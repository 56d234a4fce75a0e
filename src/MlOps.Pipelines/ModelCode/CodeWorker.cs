using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using Diagnostic = MlOps.Content.Diagnostic;

namespace MlOps.Pipelines.ModelCode;

/// <summary>The process that a model's own code runs in: reads a request, writes a table or what went wrong, each as a file beside the request.</summary>
public sealed class CodeWorker
{
    /// <summary>The word on the command line that asks for it; no target.</summary>
    public const string Command = "exec-code";

    private readonly string _folder;
    private readonly CodeRequest _request;
    private readonly Assembly _assembly;
    private string _running = "";
    private bool _told;

    private CodeWorker(string file)
    {
        _folder = Path.GetDirectoryName(file)!;
        _request = CodeRequest.FromJson(File.ReadAllText(file));
        _assembly = AssemblyLoadContext.Default.LoadFromAssemblyPath(_request.Assembly);
    }

    /// <summary>Does what a request asks; gives the exit code.</summary>
    /// <param name="file">The request.</param>
    public static int Run(string file)
    {
        // The host goes without the framework's messages; whoever wrote the code needs them.
        AppContext.SetSwitch("System.Resources.UseSystemResourceKeys", false);
        return new CodeWorker(file).Run();
    }

    private int Run()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Tell(Failed("MLO8331", "ends its process", "whatever ends it takes the result with it", Place(new StackTrace(fNeedFileInfo: true)), "return the table instead; for what is wrong with the data, throw an exception"));
        AppDomain.CurrentDomain.UnhandledException += (_, unhandled) => Tell(Thrown((Exception)unhandled.ExceptionObject));
        try
        {
            var table = Frame();
            using (var result = File.Create(Path.Join(_folder, CodeRequest.Result)))
            {
                FrameFile.Write(table, result);
            }

            _told = true;
            return 0;
        }
        catch (DiagnosticException wrong)
        {
            Tell(wrong.Diagnostics[0]);
            return 1;
        }
#pragma warning disable CA1031 // Whatever the model's code throws is told to whoever wrote it.
        catch (Exception thrown)
        {
            Tell(Thrown(thrown));
            return 1;
        }
#pragma warning restore CA1031
    }

    private Frame Frame()
    {
        Frame table;
        using (var file = File.OpenRead(_request.Table))
        {
            table = FrameFile.Read(file);
        }

        foreach (var name in _request.Prepare)
        {
            table = Prepared(name, table);
        }

        return _request.Columns.Count == 0 ? table : new([.. table.Columns, .. _request.Columns.Select(column => Computed(column, table))]);
    }

    private Frame Prepared(string name, Frame table)
    {
        var method = Method(name);
        var before = DigestOf(table);
        var made = method.CreateDelegate<Func<Frame, Frame?>>()(table) ?? throw new DiagnosticException(Failed("MLO8335", "returns null", "a table is wanted", null, "return a table: what it was given, if nothing is to be done"));
        if (!before.SequenceEqual(DigestOf(table)))
        {
            throw new DiagnosticException(Failed("MLO8336", "changed the table that it was given", "others read the same cells", null, "copy a column's values before they are changed, and return a new Frame"));
        }

        return made.RowCount > 0 ? new([.. made.Columns.Select(WithoutEmptyTexts)]) : throw new DiagnosticException(Failed("MLO8337", "leaves no row", $"it was given {table.RowCount}", null, "mend what it filters by"));
    }

    /// <summary>An empty text is a missing cell, as in a CSV file.</summary>
    private static Column WithoutEmptyTexts(Column column)
    {
        if (column is not StringColumn texts || !texts.Dictionary.Contains(""))
        {
            return column;
        }

        string[] known = [.. texts.Dictionary.Where(text => text.Length > 0)];
        // A dictionary made by hand may have a text twice; its places are kept apart.
        var places = new int[texts.Dictionary.Length];
        for (var (old, now) = (0, 0); old < places.Length; old++)
        {
            places[old] = texts.Dictionary[old].Length == 0 ? StringColumn.Missing : now++;
        }

        return new StringColumn(texts.Name, Array.ConvertAll(texts.Codes, code => code < 0 ? StringColumn.Missing : places[code]), known);
    }

    private Column Computed(ComputedColumn column, Frame table)
    {
        var pointer = $"{_request.Origin}#/features/{column.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
        var method = Method(column.Code);
        if (table.TryGet(column.Name, out _))
        {
            throw new DiagnosticException(new Diagnostic("MLO2261", $"feature '{column.Name}' is computed, and there is a column of that name")
            {
                Where = pointer,
                Mend = "give the feature another name",
            });
        }

        if (column.From.FirstOrDefault(name => !table.TryGet(name, out _)) is { } absent)
        {
            var known = table.Columns.Select(there => there.Name).ToList();
            throw new DiagnosticException(new Diagnostic("MLO2264", $"column '{absent}' is missing")
            {
                Where = $"{pointer}/from",
                Why = $"function '{column.Code}' takes it; there are {string.Join(", ", known)}",
                Mend = Diagnostic.Nearest(absent, known) is { } nearest ? $"did you mean '{nearest}'?" : "name columns that are there",
            });
        }

        return new RowFunction(method, column.Code, $"{pointer}/from", [.. column.From.Select(name => table[name])]).Compute(column.Name);
    }

    private MethodInfo Method(string name)
    {
        File.WriteAllText(Path.Join(_folder, CodeRequest.Running), _running = name);
        var entry = CodeFunction.Entry(name)!.Value;
        return _assembly.GetType(entry.Type, throwOnError: true)!.GetMethods(BindingFlags.Public | BindingFlags.Static).Single(method => method.Name == entry.Method);
    }

    private Diagnostic Thrown(Exception thrown)
    {
        var row = thrown.Data[RowFunction.Row];
        while (thrown is TypeInitializationException or TargetInvocationException && thrown.InnerException is { } inner)
        {
            thrown = inner;
        }

        var place = Place(new StackTrace(thrown, fNeedFileInfo: true));
        return thrown is OutOfMemoryException
            ? Failed("MLO8334", "needs too much memory", "its objects outgrow the limit", place, "keep less at a time, or raise it: \"limits\": { \"megabytes\": … } in model.json")
            : Failed("MLO8330", row is null ? "failed" : $"failed for row {row} of the table", $"{thrown.GetType().Name}: {thrown.Message}", place, "mend the function, or the data that it is given");
    }

    private Diagnostic Failed(string code, string what, string? why, string? where, string mend) => new(code, $"function '{_running}' {what}") { Where = where, Why = why, Mend = mend };

    /// <summary>The innermost line of the model's own files.</summary>
    private string? Place(StackTrace trace)
    {
        const string root = "/_/";
        foreach (var frame in trace.GetFrames())
        {
            if (frame.GetMethod()?.Module.Assembly == _assembly && frame.GetFileName() is { } file && file.StartsWith(root, StringComparison.Ordinal))
            {
                return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file[root.Length..]}:{frame.GetFileLineNumber()}");
            }
        }

        return null;
    }

    /// <summary>The first failure is the one that matters.</summary>
    private void Tell(Diagnostic failure)
    {
        if (!_told)
        {
            _told = true;
            File.WriteAllText(Path.Join(_folder, CodeRequest.Failure), new JsonObject
            {
                ["code"] = failure.Code, ["what"] = failure.What, ["where"] = failure.Where, ["why"] = failure.Why, ["mend"] = failure.Mend,
            }.ToJsonString());
        }
    }

    private static byte[] DigestOf(Frame table)
    {
        using var sha = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, sha, CryptoStreamMode.Write))
        {
            FrameFile.Write(table, stream);
        }

        return sha.Hash!;
    }
}
