using MlOps.Content;

namespace MlOps.Containers.Internal;

/// <summary>What is wrong with an artifact, an archive or a layer, in words.</summary>
internal static class ArtifactFailure
{
    private const string Hostile = "do not use it: it is damaged or hostile; fetch it again from where it was made";

    public static DiagnosticException TagMoves(string where, string tag, Digest there, Digest wanted) => new(new Diagnostic("MLO8120", $"tag '{tag}' exists with other content")
    {
        Where = where,
        Why = $"it stands for {there}, and was to stand for {wanted}",
        Mend = "what is published does not change: give the new content a new version, or ask who published the other",
    });

    public static DiagnosticException NotWhatItShouldBe(string where, string what, string why) => new(new Diagnostic("MLO8121", $"{what} is not what it should be") { Where = where, Why = why, Mend = "look whether the name is that of what you want" });

    public static DiagnosticException TooLarge(string where, string what, string why) => new(new Diagnostic("MLO8122", $"{what} is too large") { Where = where, Why = why, Mend = "raise the limit if you know who made it; else do not use it" });

    public static DiagnosticException Missing(string where, string what, string why) => new(new Diagnostic("MLO8123", $"{what} is missing") { Where = where, Why = why, Mend = "look whether the name is right, and whether it was pushed or copied whole" });

    public static DiagnosticException BadArchive(string where, string why) => new(new Diagnostic("MLO8124", "the archive cannot be read") { Where = where, Why = why, Mend = Hostile });

    public static DiagnosticException OtherBytes(string where, string what, string why) => new(new Diagnostic("MLO8125", $"{what} is not what its descriptor says") { Where = where, Why = why, Mend = Hostile });

    public static DiagnosticException BadLayout(string where, string why) => new(new Diagnostic("MLO8126", "it is no OCI image layout") { Where = where, Why = why, Mend = "name an image layout: a folder or tar with oci-layout, index.json and blobs/sha256" });

    public static DiagnosticException DockerArchive(string where) => new(new Diagnostic("MLO8160", "it is an archive in docker's own form, no OCI image layout")
    {
        Where = where,
        Why = "docker save before version 25, and podman save, write layers uncompressed and no manifest: the image's digest, which signatures are about, is not in it",
        Mend = $"look at the archive that ./build.sh Image --out wrote, or at oci://HOST/REPOSITORY:TAG; to read this one under a digest of its own: skopeo copy docker-archive:{where} oci-archive:FILE.tar, or save it with docker 25 or later",
    });

    public static DiagnosticException BadLayer(string where, Digest layer, string why) => new(new Diagnostic("MLO8127", $"layer {layer} is refused") { Where = where, Why = why, Mend = Hostile });

    public static DiagnosticException NotVouchedFor(string where, string what, string why) => new(new Diagnostic("MLO8129", $"{what} holds what nothing vouches for") { Where = where, Why = why, Mend = Hostile });

    public static Diagnostic BadReferrers(string where, Digest subject, string why) => new("MLO8128", $"what is attached to {subject} cannot be told") { Where = where, Why = why, Mend = "look at the registry's tag sha256-… of that digest, and remove it if it is wrong; then attach again" };
}
