using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>The key that signs here, with what is to be said of it.</summary>
    private Signer Signing() => Signer.Of(new(_definition.Manifest.Name), TrustByEnvironment(), name => _definition.At("environments", name, "trust"), TimeProvider.System.GetUtcNow());

    /// <summary>As <see cref="Signing"/>, and tells people.</summary>
    private Signer Told()
    {
        var signer = Signing();
        if (signer.Note is { } note)
        {
            _reporter.Note(note);
        }

        if (signer.Problem is { } problem)
        {
            Doubt(problem);
        }

        return signer;
    }

    /// <summary>Whom each environment trusts, of those that trust anybody; where nobody can tell, that is warned of, and packages are made all the same.</summary>
    private Dictionary<string, TrustPolicy> TrustByEnvironment()
    {
        var trust = new Dictionary<string, TrustPolicy>(StringComparer.Ordinal);
        try
        {
            foreach (var name in _definition.Manifest.Environments.Keys)
            {
                if (TrustOf(name).Trust is { Keys.Count: > 0 } policy)
                {
                    trust.Add(name, policy);
                }
            }
        }
        catch (DiagnosticException unknown)
        {
            foreach (var problem in unknown.Diagnostics)
            {
                Doubt(problem with { Severity = Severity.Warning });
            }
        }

        return trust;
    }

    /// <summary>A warning is given on every run, so the answer is not remembered.</summary>
    private void Doubt(Diagnostic problem)
    {
        _reporter.Warn(problem);
        _upToDate = null;
    }

    /// <summary>Everything that decides which key signs, so that a remembered answer fails when any of it changes.</summary>
    private void ObserveSigning()
    {
        foreach (var variable in SigningKeys.Variables)
        {
            _mirror.ObserveVariable(variable);
        }

        var branches = GitFolder.Find(Root)?.Branches() ?? [];
        foreach (var place in new SigningKeys(_definition.Manifest.Name).Places.Concat(branches))
        {
            _mirror.Observe(place);
        }
    }
}
