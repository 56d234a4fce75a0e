namespace MlOps.Delivery;

/// <summary>One question to a running service and what came of it.</summary>
/// <param name="Name">What was asked, such as <c>example 1</c>.</param>
/// <param name="Passed">Whether the answer was as it should be.</param>
/// <param name="Message">One line: what was seen, and on failure what was expected.</param>
/// <param name="Model">The model asked; null for the service as a whole.</param>
public sealed record SmokeCheck(string Name, bool Passed, string Message, string? Model = null);

/// <summary>Every check of a smoke test, in the order asked.</summary>
public sealed record SmokeReport(IReadOnlyList<SmokeCheck> Checks)
{
    /// <summary>Whether every check passed.</summary>
    public bool Passed => Checks.All(check => check.Passed);
}
