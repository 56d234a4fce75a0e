using MlOps.Content;
using MlOps.Scoring;
using MlOps.Scoring.Computed;
using MlOps.Serving.Http;

namespace MlOps.Serving.Models;

/// <summary>The models served, sorted by name.</summary>
internal sealed class ModelCatalog(IEnumerable<LoadedModel> models)
{
    public IReadOnlyList<LoadedModel> Models { get; } = [.. models.OrderBy(model => model.Name, StringComparer.Ordinal)];

    /// <summary>Reads every model file.</summary>
    /// <exception cref="DiagnosticException">A file cannot be read (MLO7022), has other bytes than the digest says (MLO7023), or is no model of ours
    /// (MLO50xx); or the code of one is not what it should be (MLO7150, MLO7151, MLO8338), or cannot run here (MLO7230).</exception>
    public static ModelCatalog Load(ServiceConfig config)
    {
        var (models, problems) = (new List<LoadedModel>(), new List<Diagnostic>());
        foreach (var entry in config.Models)
        {
            try
            {
                models.Add(Load(entry));
            }
            catch (DiagnosticException problem)
            {
                problems.AddRange(problem.Diagnostics.Select(each => each with { Where = each.Where ?? entry.Path }));
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                problems.Add(new("MLO7022", $"the file of model '{entry.Name}' cannot be read") { Where = entry.Path, Why = problem.Message });
            }
        }

        return problems.Count > 0 ? throw new DiagnosticException(problems) : new(models);
    }

    /// <summary>The model of that name and, where given, version.</summary>
    /// <exception cref="RequestException">404: there is none.</exception>
    public LoadedModel Get(string name, string? version = null)
    {
        foreach (var model in Models)
        {
            if (model.Name == name)
            {
                return version is null || version == model.Version ? model
                    : throw RequestException.NotFound($"model '{name}' has no version '{version}' here; {model.Version} is served");
            }
        }

        throw RequestException.NotFound($"there is no model '{name}'{Suggestion.Among(name, Models.Select(model => model.Name), "served")}");
    }

    /// <summary>The model that a request means: the one it names, or the only one.</summary>
    /// <exception cref="RequestException">404: there is none of that name. 400: several are served and none is named.</exception>
    public LoadedModel Resolve(string? name) =>
        name is not null ? Get(name)
        : Models.Count == 1 ? Models[0]
        : throw RequestException.BadRequest(
            $"several models are served: name one, as in POST /score/{Models[0].Name} (served: {string.Join(", ", Models.Select(model => model.Name))})");

    private static LoadedModel Load(ModelEntry entry)
    {
        var bytes = File.ReadAllBytes(entry.Path);
        var (expected, actual) = (Digest.Parse(entry.Digest), Digest.Of(bytes));
        if (actual != expected)
        {
            throw new DiagnosticException(new Diagnostic("MLO7023", $"the file of model '{entry.Name}' is damaged or another one")
            {
                Where = entry.Path,
                Why = $"it is {actual}, not {expected}",
            });
        }

        var model = OnnxModel.Read(bytes);
        return new(entry.Name, entry.Version ?? $"sha-{expected.Hex[..12]}", expected, model, Functions(entry, model.Signature), entry.Code?.Identity(), new(entry.About, entry.Commit));
    }

    private static InputFunctions? Functions(ModelEntry entry, Signature signature)
    {
        var computed = signature.Inputs.Where(input => input.Code is not null).ToList();
        if (computed.Count == 0)
        {
            return null;
        }

        if (!ModelCode.IsSupported)
        {
            throw new DiagnosticException(new Diagnostic("MLO7230", $"model '{entry.Name}' brings code, which this build of the service cannot run")
            {
                Where = entry.Path,
                Why = $"it is trimmed to what ONNX models need, and {string.Join(", ", computed.Select(input => $"'{input.Name}'"))} is computed by C#",
                Mend = "use the service that is not trimmed: the image flavour 'untrimmed'",
            });
        }

        if (entry.Code is not { } code || computed.Find(input => !code.Functions.ContainsKey(input.Code!) || !input.From.All(code.Columns.ContainsKey)) is not null)
        {
            throw Unfit(entry, $"it takes {string.Join(", ", computed.Select(input => $"'{input.Name}' by {input.Code}({string.Join(", ", input.From)})"))}, and the code that is deployed "
                + (entry.Code is null ? "is none" : $"has {string.Join(", ", entry.Code.Functions.Keys)} of {string.Join(", ", entry.Code.Columns.Keys)}"));
        }

        if (code.Fault(entry.Name) is { } fault)
        {
            throw new DiagnosticException(fault);
        }

        try
        {
            return new(signature, CodeAssembly.Load(code.Assembly).Method, code.Columns);
        }
        catch (Exception unfit) when (unfit is BadImageFormatException or IOException or MissingMethodException or TypeLoadException)
        {
            throw Unfit(entry, unfit.Message);
        }
    }

    private static DiagnosticException Unfit(ModelEntry entry, string why) => new(new Diagnostic("MLO7151", $"the code of model '{entry.Name}' does not compute what the model takes")
    {
        Where = entry.Code?.Assembly ?? entry.Path,
        Why = why,
        Mend = "release it again: ./build.sh Release",
    });
}
