namespace MlOps.Pipelines.Packages;

/// <summary>How a check came out.</summary>
internal enum CheckResult
{
    /// <summary>It holds.</summary>
    Passed,

    /// <summary>Nobody can tell, and nothing asks for it.</summary>
    Unknown,

    /// <summary>It does not hold.</summary>
    Failed,
}

/// <summary>One check of a package or an image.</summary>
/// <param name="What">What was looked at.</param>
/// <param name="Result">How it came out.</param>
/// <param name="Seen">What was seen, in words.</param>
internal sealed record ArtifactFinding(string What, CheckResult Result, string Seen);
