using System.Text.Json.Nodes;

namespace MlOps.Engine.Internal;

/// <summary>The environment of programs: bare, so that a result depends on what is declared.</summary>
internal static class RunEnvironment
{
    public static string Path => Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin";

    public static string[] Bare(string home) => [$"PATH={Path}", $"HOME={home}", "LANG=C.UTF-8", "TZ=UTC"];

    /// <summary>The bare environment, what the step declares, and the caller's variables that it passes on.</summary>
    public static string[] Of(Step step, string home)
    {
        var variables = Bare(home).ToDictionary(NameOf, StringComparer.Ordinal);
        foreach (var (name, value) in step.Parameters[RunParameters.Env]?.AsObject() ?? [])
        {
            if (value is not null)
            {
                variables[name] = $"{name}={value.GetValue<string>()}";
            }
        }

        foreach (var (name, value) in Passed(step))
        {
            variables[name] = $"{name}={value}";
        }

        return [.. variables.Values];
    }

    /// <summary>The variables handed on that the caller has.</summary>
    public static IEnumerable<(string Name, string Value)> Passed(Step step) =>
        step.Run.Pass.Select(name => (name, Value: Environment.GetEnvironmentVariable(name))).Where(pair => pair.Value is not null).Select(pair => (pair.name, pair.Value!));

    private static string NameOf(string variable) => variable[..variable.IndexOf('=', StringComparison.Ordinal)];
}

/// <summary>The names of a run step's parameters; those that a step does not use are not there.</summary>
internal static class RunParameters
{
    /// <summary>The command, or the list of commands.</summary>
    public const string Run = RunExecutor.Action;

    /// <summary>Where the program starts.</summary>
    public const string Directory = "directory";

    /// <summary>Variables to values; null for those that are not set.</summary>
    public const string Env = "env";

    /// <summary>The files whose numbers the lock shows.</summary>
    public const string Metrics = "metrics";

    /// <summary>The files that reports draw.</summary>
    public const string Plots = "plots";

    public static IEnumerable<string[]> Commands(Step step)
    {
        var run = step.Parameters[Run]!.AsArray();
        return run[0] is JsonArray ? run.Select(command => Texts(command!.AsArray())) : [Texts(run)];
    }

    private static string[] Texts(JsonArray texts) => [.. texts.Select(text => text!.GetValue<string>())];
}
