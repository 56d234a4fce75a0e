using System.Diagnostics.CodeAnalysis;

namespace MlOps.Serving.Models;

/// <summary>Whether this build of the service can run models' own C#: a trimmed one lacks what loads it and most of what it might call.</summary>
internal static class ModelCode
{
    /// <summary>The switch's name, which <c>build/props/Service.props</c> sets.</summary>
    private const string Switch = "MlOps.Serving.ModelCode";

    /// <summary>True unless the build says otherwise; trimming takes its value for granted and drops what hangs on it.</summary>
    [FeatureSwitchDefinition(Switch)]
    public static bool IsSupported => !AppContext.TryGetSwitch(Switch, out var isOn) || isOn;
}
