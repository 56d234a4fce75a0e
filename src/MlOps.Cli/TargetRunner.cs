using System.CommandLine;
using System.Text.Json;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines;

namespace MlOps.Cli;

/// <summary>Takes the command line apart into targets and runs them in dependency order; the first that does not end well ends the rest.</summary>
internal static class TargetRunner
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <param name="args">The command line.</param>
    /// <param name="tried">A step that was run just before this; it is not run again.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<int> RunAsync(string[] args, TriedStep? tried, CancellationToken cancellationToken)
    {
        if (args.Contains("--nuke") || (args.Length > 0 && !Knows(args[0]) && NukeHost.Targets(Product.Folder).Contains(args[0], StringComparer.OrdinalIgnoreCase)))
        {
            return await NukeHost.RunAsync(Product.Folder, args, cancellationToken);
        }

        var line = new CommandLine();
        var (targets, rest) = Split(args, line);
        if (targets.Count == 0)
        {
            // Without a target only --help and --version mean something; they are options, and the target is the first word.
            return args is [] or ["--help" or "-h" or "-?" or "help" or "--version"]
                ? Help(line.Root.Parse(args is [] or ["help"] ? ["--help"] : args))
                : Unknown(args[0]);
        }

        // An image is of a package: one build makes both.
        var tellsPackages = targets is [.., { Name: "Package" }, { Name: "Image" }];
        var exit = ExitCode.Done;
        foreach (var target in tellsPackages ? [.. targets.Where(target => target.Name != "Package")] : targets)
        {
            var parsed = line.Root.Parse([target.Name, .. rest]);
            if (parsed.Errors.Count > 0)
            {
                return Wrong(target, parsed.Errors.Select(error => error.Message));
            }

            if (parsed.Action is System.CommandLine.Invocation.SynchronousCommandLineAction { Terminating: true })
            {
                return Help(parsed);
            }

            using var terminal = new Terminal(line.Verbosity(parsed));
            var outcome = await RunAsync(target.Name, line, parsed, tried, tellsPackages, terminal, cancellationToken);
            terminal.Dispose();
            var text = line.Json(parsed) ? outcome.Json?.ToJsonString(Indented) ?? "{}" : Terminal.ShowsColours ? outcome.Painted ?? outcome.Text : outcome.Text;
            if (text.Length > 0)
            {
                await Console.Out.WriteLineAsync(text);
            }

            exit = outcome.Exit;
            if (exit is not ExitCode.Done and not ExitCode.Pending)
            {
                break;
            }
        }

        // Work that Plan found pending, and Train then did, is pending no more: the last one has the say.
        return (int)exit;
    }

    private static async Task<Outcome> RunAsync(string target, CommandLine line, ParseResult parsed, TriedStep? tried, bool tellsPackages, Terminal terminal, CancellationToken cancellationToken)
    {
        switch (target)
        {
            case "Compile":
                return new(await CompileTarget.RunAsync(Product.Folder, cancellationToken) == 0 ? ExitCode.Done : ExitCode.Failed, "");
            case "Test":
                var (filter, all) = line.Tests(parsed);
                return new(await TestTarget.RunAsync(Product.Folder, filter, all, cancellationToken) == 0 ? ExitCode.Done : ExitCode.Failed, "");
            case "New":
                return await Workspace.NewAsync(line.NewModel(parsed), line.Workspace(parsed) with { Cancellation = cancellationToken }, line.DryRun(parsed), terminal, cancellationToken);
            case "Tune" when !line.DryRun(parsed):
                return await Workspace.TuneAsync(line.Tune(parsed), line.Workspace(parsed) with { Cancellation = cancellationToken }, terminal, cancellationToken);
            case "Doctor":
                return await Workspace.DoctorAsync(line.Workspace(parsed) with { Cancellation = cancellationToken }, cancellationToken);
            default:
                break;
        }

        var workspace = Workspace.Open(line.Workspace(parsed) with { Cancellation = cancellationToken, AlreadyTried = tried, TakesVersions = target is "Serve" or "Score", NeedsNoCode = target is "Stop" or "Clean" or "Packages" or "Inspect" or "Keys" }, terminal);
        return target switch
        {
            "Import" => await workspace.ImportAsync(line.Dataset(parsed), line.Update(parsed), line.DryRun(parsed), cancellationToken),
            "Push" => await workspace.PushAsync(line.Names(parsed), line.Remote(parsed), line.DryRun(parsed), cancellationToken),
            "Pull" => await workspace.PullAsync(line.Names(parsed), line.Remote(parsed), line.DryRun(parsed), cancellationToken),
            "Status" => await workspace.StatusAsync(cancellationToken),
            "Plan" => await workspace.PlanAsync(line.PlanOut(parsed), cancellationToken),
            "Image" when line.DryRun(parsed) => await workspace.PlanImagesAsync(cancellationToken),
            "Train" or "Tune" or "Serve" or "Package" when line.DryRun(parsed) => await workspace.PlanAsync(null, cancellationToken) with { Exit = ExitCode.Done },
            "Train" => await workspace.TrainAsync(cancellationToken),
            "Explain" => await workspace.ExplainAsync(line.Words(parsed), cancellationToken),
            "Experiments" => workspace.Experiments(line.Metric(parsed)),
            "Compare" => await workspace.CompareAsync(line.Experiments(parsed), cancellationToken),
            "Score" => await workspace.ScoreAsync(line.Score(parsed), line.DryRun(parsed), cancellationToken),
            "Serve" => await workspace.ServeAsync(line.EnvironmentName(parsed), cancellationToken),
            "Release" => await workspace.ReleaseAsync(line.EnvironmentName(parsed), line.DryRun(parsed), cancellationToken),
            "Stop" => await workspace.StopAsync(line.EnvironmentName(parsed), line.DryRun(parsed), cancellationToken),
            "Smoke" => await workspace.SmokeAsync(line.EnvironmentName(parsed), cancellationToken),
            "Gc" => await workspace.GcAsync(line.Days(parsed), line.DryRun(parsed), cancellationToken),
            "Verify" when line.Verify(parsed) is { Rebuild: false, Step: null, Remote: var remote } => await workspace.VerifyAsync(remote, line.DryRun(parsed), cancellationToken),
            "Verify" when line.Verify(parsed) is { Rebuild: false, Step: { } word } && workspace.IsArtifact(word) => await workspace.CheckAsync(word, line.EnvironmentName(parsed), cancellationToken),
            "Verify" => await workspace.RebuildAsync(line.Verify(parsed).Step, cancellationToken),
            "Package" => await workspace.PackageAsync(cancellationToken),
            "Image" => await workspace.ImageAsync(line.ImageOut(parsed), line.Load(parsed), tellsPackages, cancellationToken),
            "Packages" => workspace.Packages(),
            "Inspect" => await workspace.InspectAsync(line.Artifact(parsed), cancellationToken),
            "Keys" => workspace.Keys(line.NewKey(parsed), line.KeyDays(parsed)),
            "Clean" => workspace.Clean(line.DryRun(parsed)),
            _ => throw new System.Diagnostics.UnreachableException($"target {target} has no method"),
        };
    }

    private static bool Knows(string word) => word.StartsWith('-') || Targets.All.Any(target => target.Name.Equals(word, StringComparison.OrdinalIgnoreCase));

    private static (List<TargetDescription> Targets, string[] Options) Split(string[] args, CommandLine line)
    {
        var targets = new List<TargetDescription>();
        var i = 0;
        for (; i < args.Length; i++)
        {
            var target = Targets.All.FirstOrDefault(target => target.Name.Equals(args[i], StringComparison.OrdinalIgnoreCase));
            if (target is null || (targets.Count > 0 && line.TakesWords(targets[^1].Name)))
            {
                break;
            }

            targets.Add(target);
        }

        return ([.. targets.DistinctBy(target => target.Name).OrderBy(target => target.Order)], args[i..]);
    }

    /// <summary>The help or version asked for, in the words that users type.</summary>
    private static int Help(ParseResult parsed)
    {
        using var text = new StringWriter();
        var exit = parsed.Invoke(new InvocationConfiguration { Output = text });
        Console.Out.Write(text.ToString()
            .Replace($"  {parsed.RootCommandResult.Command.Name} ", "  ./build.sh ", StringComparison.Ordinal)
            .Replace("[command]", "TARGET [TARGET…]", StringComparison.Ordinal)
            .Replace("\nCommands:", "\nTargets:", StringComparison.Ordinal));
        return exit;
    }

    private static int Unknown(string word)
    {
        if (word.StartsWith('-'))
        {
            Console.Error.WriteLine(new Diagnostic("MLO9001", $"'{word}' stands where the target should")
            {
                Why = "the first word is the target; options come after it",
                Mend = "./build.sh TARGET [--option value…]; ./build.sh --help lists both",
            });
            return (int)ExitCode.Usage;
        }

        var nearest = Diagnostic.Nearest(word, Targets.All.Select(target => target.Name));
        Console.Error.WriteLine(new Diagnostic("MLO9001", $"'{word}' is not a target")
        {
            Why = $"targets are {string.Join(", ", Targets.All.Select(target => target.Name))}",
            Mend = nearest is null ? "./build.sh --help" : $"did you mean './build.sh {nearest}'?",
        });
        return (int)ExitCode.Usage;
    }

    private static int Wrong(TargetDescription target, IEnumerable<string> errors)
    {
        Console.Error.WriteLine(new Diagnostic("MLO9002", $"the words after {target.Name} are wrong")
        {
            Why = string.Join("; ", errors),
            Mend = $"./build.sh {target.Name} --help",
        });
        return (int)ExitCode.Usage;
    }
}
