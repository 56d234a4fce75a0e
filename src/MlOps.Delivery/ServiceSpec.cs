using MlOps.Content;
using MlOps.Scoring.Computed;

namespace MlOps.Delivery;

/// <summary>A model file that a service answers for.</summary>
/// <param name="Name">The model's name, the <c>{m}</c> of <c>/v2/models/{m}</c>.</param>
/// <param name="Path">The ONNX file. A driver copies what it needs: the file may change or go once a release has ended.</param>
/// <param name="Digest">The file's sha256; a file with other bytes is refused.</param>
/// <param name="Version">What callers see as the version; null stands for <c>sha-</c> and the digest's first 12 hex digits.</param>
/// <param name="Code">What computes some of its inputs; null where callers have all of them. Its files are copied and checked as the model's.</param>
/// <param name="About">A folder of files that the service's page shows (card, metrics, examples); null, or one that is not there, for none. They decide nothing, and are copied as they are.</param>
public sealed record ServedModel(string Name, string Path, Digest Digest, string? Version = null, DeployedCode? Code = null, string? About = null);

/// <summary>The state that an environment should have: which models are served, and by which build of the scoring service.</summary>
/// <remarks>Two specifications ask for the same when environment, port, model names, versions and digests, what their code does, and the service's own files are
/// the same; paths do not count.</remarks>
/// <param name="Environment">Where.</param>
/// <param name="Models">What; at least one, names unique.</param>
/// <param name="ServiceAssembly">The path of the built <c>MlOps.Serving.dll</c>, its dependencies beside it.</param>
public sealed record ServiceSpec(EnvironmentSpec Environment, IReadOnlyList<ServedModel> Models, string ServiceAssembly);
