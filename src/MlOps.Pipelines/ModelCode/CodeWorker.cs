using System.Reflection;
using System.Security.Cryptography;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring.Computed;
using Diagnostic = MlOps.Content.Diagnostic;

namespace MlOps.Pipelines.ModelCode;

/// <summary>The process that a model's own code runs in: reads a request, writes a table or what went wrong, each as a file beside the request.</summary>
public sealed class CodeWorker
{
    /// <summary>The word on the command line that asks for it; no target.</summary>
    public const string Command = "exec-code";

    private readonly CodeRequest _request;
    private readonly WorkerShell _shell;

    private CodeWorker(CodeRequest request, WorkerShell shell) => (_request, _shell) = (request, shell);

    /// <summary>Does what a request asks; gives the exit code.</summary>
    /// <param name="file">The request.</param>
    public static int Run(string file)
    {
        var folder = Path.GetDirectoryName(file)!;
        var request = CodeRequest.FromJson(File.ReadAllText(file));
        using var running = WorkerShell.Open(folder);
        var shell = new WorkerShell(folder, CodeAssembly.Load(request.Assembly), running);
        return shell.Run(() =>
        {
            var table = new CodeWorker(request, shell).Frame();
            using var result = File.Create(Path.Join(folder, CodeRequest.Result));
            FrameFile.Write(table, result);
        });
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
        var made = method.CreateDelegate<Func<Frame, Frame?>>()(table) ?? throw new DiagnosticException(_shell.Failed("MLO8335", "returns null", "a table is wanted", null, "return a table: what it was given, if nothing is to be done"));
        if (!before.SequenceEqual(DigestOf(table)))
        {
            throw new DiagnosticException(_shell.Failed("MLO8336", "changed the table that it was given", "others read the same cells", null, "copy a column's values before they are changed, and return a new Frame"));
        }

        return made.RowCount > 0 ? new([.. made.Columns.Select(WithoutEmptyTexts)]) : throw new DiagnosticException(_shell.Failed("MLO8337", "leaves no row", $"it was given {table.RowCount}", null, "mend what it filters by"));
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

        try
        {
            Column[] from = [.. column.From.Select(name => table[name])];
            var function = FeatureFunction.Of(method, column.Code, from);
            var computed = function.Compute(column.Name, from);
            function.Recheck(computed, from);
            return computed;
        }
        catch (DiagnosticException wrong)
        {
            throw new DiagnosticException([.. wrong.Diagnostics.Select(each => each with { Where = $"{pointer}/from" })]);
        }
        catch (RowException misfit) when (misfit.Mend is not null)
        {
            throw new DiagnosticException(new Diagnostic("MLO8339", $"function '{column.Code}' does not fit row {misfit.Number} of the table") { Where = $"{pointer}/from", Why = misfit.Message, Mend = misfit.Mend });
        }
    }

    private MethodInfo Method(string name)
    {
        _shell.Running = $"function '{name}'";
        return _shell.Code.Method(name);
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
