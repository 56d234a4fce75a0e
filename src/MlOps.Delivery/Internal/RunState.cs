using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Scoring.Computed;

namespace MlOps.Delivery.Internal;

/// <summary>Who runs in an environment and from what: the content of <c>state.json</c>.</summary>
internal sealed record RunState(int Format, int ProcessId, string Started, int Port, string Identity, string ServiceAssembly, IReadOnlyList<ModelState> Models)
{
    public const int CurrentFormat = 1;

    [JsonIgnore]
    public RunningProcess Process => new(ProcessId, Started);

    public static RunState Of(RunningProcess process, ServiceSpec spec, Digest identity) => new(
        CurrentFormat, process.Id, process.Started, spec.Environment.Port, identity.ToString(), spec.ServiceAssembly,
        [.. spec.Models.Select(model => new ModelState(model.Name, model.Path, model.Digest.ToString(), model.Version, model.Code, model.About))]);

    /// <summary>The state, or null where there is none that can be read: what it would say of is then nobody's any more.</summary>
    public static RunState? Load(string path)
    {
        try
        {
            var state = JsonSerializer.Deserialize(File.ReadAllBytes(path), DeliveryJson.Default.RunState);
            return state?.Format == CurrentFormat && Digest.TryParse(state.Identity, out _) ? state : null;
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public void Save(string path) => RunFolder.Publish(path, JsonSerializer.SerializeToUtf8Bytes(this, DeliveryJson.Default.RunState));

    public ServiceSpec Spec(EnvironmentSpec environment) => new(
        environment with { Port = Port },
        [.. Models.Select(model => new ServedModel(model.Name, model.Path, Digest.Parse(model.Digest), model.Version, model.Code, model.About))],
        ServiceAssembly);
}

/// <summary>A model that a service answers for.</summary>
internal sealed record ModelState(string Name, string Path, string Digest, string? Version = null, DeployedCode? Code = null, string? About = null);

/// <summary>What the service is told: the content of <c>service.json</c>, which MlOps.Serving reads.</summary>
internal sealed record ServiceConfigFile(Uri Url, IReadOnlyList<ModelState> Models, int GraceSeconds)
{
    public static byte[] Of(ServiceSpec spec) => JsonSerializer.SerializeToUtf8Bytes(
        new ServiceConfigFile(
            spec.Environment.Url,
            [.. spec.Models.Select(model => new ModelState(model.Name, Path.GetFullPath(model.Path), model.Digest.ToString(), model.Version, model.Code, model.About))],
            Math.Clamp((int)spec.Environment.StopGrace.TotalSeconds - 1, 0, 3600)),
        DeliveryJson.Default.ServiceConfigFile);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true, UseStringEnumConverter = true, Converters = [typeof(DigestJson)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunState))]
[JsonSerializable(typeof(ServiceConfigFile))]
internal sealed partial class DeliveryJson : JsonSerializerContext;
