using System.CommandLine;
using System.CommandLine.Parsing;
using MlOps.Pipelines;

namespace MlOps.Cli;

/// <summary>The words and options of the command line, one command a target.</summary>
internal sealed class CommandLine
{
    private readonly Option<string?> _root = new("--root") { Description = "the workspace: the folder of nuke.json (default: this folder or the nearest above)", Recursive = true, HelpName = "DIR" };
    private readonly Option<string[]> _model = new("--model") { Description = "only this model; may be given several times", Recursive = true, HelpName = "NAME" };
    private readonly Option<bool> _json = new("--json") { Description = "print the result as JSON", Recursive = true };
    private readonly Option<int> _jobs = new("--jobs") { Description = "steps and threads at once (default: the processors)", Recursive = true, HelpName = "N" };
    private readonly Option<string?> _force = new("--force") { Description = "run steps though they are up to date: all, or the one named", Recursive = true, Arity = ArgumentArity.ZeroOrOne, HelpName = "STEP" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "say what would be done, and do nothing", Recursive = true };
    private readonly Option<bool> _keepGoing = new("--keep-going") { Description = "after a failure, go on with the steps that do not need it", Recursive = true };
    private readonly Option<bool> _rehash = new("--rehash") { Description = "read every file again instead of trusting size and times", Recursive = true };
    private readonly Option<bool> _verifyReads = new("--verify-reads") { Description = "fail a run step that opens an undeclared file of the workspace (Linux; with --force also those that are up to date)" };
    private readonly Argument<string> _artifact = new("NAME") { Description = "a package, NAME or NAME@VERSION; a file or folder with an image layout; or oci://HOST/REPOSITORY:TAG" };
    private readonly Option<string?> _imageOut = new("--out") { Description = "a file.tar for the archive of one model's image, or a folder: OCI layouts that docker, podman and skopeo load", HelpName = "PATH" };
    private readonly Option<bool> _load = new("--load") { Description = "load the images into the Docker engine of this machine, or of DOCKER_HOST" };
    private readonly Option<bool> _newKey = new("--new") { Description = "make a pair of keys" };
    private readonly Option<int?> _keyDays = new("--days") { Description = "how many days the new pair counts (default: no end); the one before then ends, too", HelpName = "N" };
    private readonly Option<string> _verbosity = new("--verbosity") { Description = "quiet, normal or detailed", Recursive = true, HelpName = "LEVEL", DefaultValueFactory = _ => "normal" };

    private readonly Argument<string> _name = new("NAME") { Description = "the model's name: letters, digits and hyphens" };
    private readonly Option<string> _data = new("--data") { Description = "a CSV file; it is copied to models/NAME/data/", Required = true, HelpName = "FILE" };
    private readonly Option<string> _label = new("--label") { Description = "the column to predict", Required = true, HelpName = "COLUMN" };
    private readonly Option<string?> _splitColumn = new("--split-column") { Description = "a column whose value tells test rows from training rows", HelpName = "COLUMN" };
    private readonly Option<string?> _test = new("--test") { Description = "the split column's value of the test rows", HelpName = "VALUE" };
    private readonly Option<string?> _group = new("--group") { Description = "a key that never stands on both sides of the split", HelpName = "COLUMN" };
    private readonly Option<string[]> _drop = new("--drop") { Description = "columns to leave out, separated by commas", HelpName = "A,B" };
    private readonly Option<string?> _positive = new("--positive") { Description = "the label's value whose probability is predicted", HelpName = "VALUE" };
    private readonly Option<bool> _code = new("--code") { Description = "write C# to begin with: a function for the table, a computed feature, and a project for editors" };
    private readonly Option<string?> _environment = new("--environment") { Description = "an environment of nuke.json (default: its first)", HelpName = "NAME" };
    private readonly Argument<string[]> _words = new("WORDS") { Description = "a step, model or dataset (default: all), then the git revision to compare with (default: HEAD), then the one to compare instead of the files at hand", Arity = new ArgumentArity(0, 3) };
    private readonly Option<string?> _planOut = new("--out") { Description = "save the plan in a file, for Train --plan", HelpName = "FILE" };
    private readonly Option<string?> _plan = new("--plan") { Description = "carry out exactly the plan that a file holds; refuse if anything changed since", HelpName = "FILE" };
    private readonly Argument<string?> _dataset = new("DATASET") { Description = "only this dataset", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> _set = new("--set") { Description = "try a value in place of model.json's, without touching the lock: --set trainer.leaves=63", HelpName = "PATH=VALUE" };
    private readonly Option<string?> _by = new("--by") { Description = "the metric to order by (default: the task's first)", HelpName = "METRIC" };
    private readonly Argument<string[]> _experiments = new("ID") { Description = "the first digits of an experiment, lock, or a git revision", Arity = new ArgumentArity(2, 20) };
    private readonly Option<string> _scored = new("--data") { Description = "a CSV file that has the model's features among its columns", Required = true, HelpName = "FILE" };
    private readonly Option<string> _predictions = new("--out") { Description = "the CSV file for the predictions, or - for standard output", Required = true, HelpName = "FILE" };
    private readonly Option<string[]> _keep = new("--keep") { Description = "columns to copy in front of the predictions, separated by commas", HelpName = "A,B" };
    private readonly Option<bool> _because = new("--explain") { Description = "add what each row's raw score is made of: the base value (because) and what every column adds (because:COLUMN)" };
    private readonly Option<bool> _update = new("--update") { Description = "ask the sources for newer bytes, and show what changed before it is pinned" };
    private readonly Argument<string[]> _names = new("NAME") { Description = "datasets and models (default: all)", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _remote = new("--remote") { Description = "only this remote, declared or not", HelpName = "URL" };
    private readonly Option<int> _days = new("--days") { Description = "keep the results of so many days, whoever names them (default: 30)", HelpName = "N", DefaultValueFactory = _ => 30 };
    private readonly Option<double?> _minutes = new("--minutes") { Description = "run trials for so long (default: 10)", HelpName = "M" };
    private readonly Option<int?> _trials = new("--trials") { Description = "run up to so many trials instead, from 1 to 10000", HelpName = "N" };
    private readonly Option<bool> _rebuild = new("--rebuild") { Description = "run the steps again elsewhere and compare bytes or metrics with the lock" };
    private readonly Option<bool> _remotes = new("--remote") { Description = "audit the remotes, too" };
    private readonly Argument<string?> _step = new("STEP") { Description = "with --rebuild: only this step", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _filter = new("--filter") { Description = "only tests whose full name contains it, or an xunit filter", HelpName = "EXPRESSION" };
    private readonly Option<bool> _all = new("--all") { Description = "the heavy tests too" };

    public CommandLine()
    {
        Root = new RootCommand("MlOps: models as an incremental build. ./build.sh TARGET [TARGET…] [--option value…]")
        {
            _root, _model, _json, _jobs, _force, _dryRun, _keepGoing, _rehash, _verbosity,
        };
        _jobs.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var jobs) || jobs < 1))
            {
                result.AddError("--jobs takes a whole number from 1");
            }
        });
        _days.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var days) || days is < 0 or > 36_500))
            {
                result.AddError("--days takes a whole number from 0 to 36500");
            }
        });
        _trials.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var trials) || trials is < 1 or > 10_000))
            {
                result.AddError("--trials takes a whole number from 1 to 10000");
            }
            else if (result.GetResult(_minutes) is { Implicit: false })
            {
                result.AddError("--minutes and --trials cannot both be given");
            }
        });
        _minutes.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!double.TryParse(result.Tokens[0].Value, System.Globalization.CultureInfo.InvariantCulture, out var minutes) || minutes is not (> 0 and <= 100_000)))
            {
                result.AddError("--minutes takes a number above 0, up to 100000");
            }
        });
        _predictions.Validators.Add(result =>
        {
            if (result.GetValue(_predictions) == "-" && result.GetValue(_json))
            {
                result.AddError("--json and the predictions cannot both have standard output");
            }
        });
        _verbosity.AcceptOnlyFromAmong("quiet", "normal", "detailed");
        foreach (var target in Targets.All)
        {
            var command = new Command(target.Name, target.Description);
            foreach (var symbol in Symbols(target.Name))
            {
                switch (symbol)
                {
                    case Argument argument:
                        command.Arguments.Add(argument);
                        break;
                    case Option option:
                        command.Options.Add(option);
                        break;
                    default:
                        break;
                }
            }

            Root.Subcommands.Add(command);
        }
    }

    public RootCommand Root { get; }

    /// <summary>Whether a target takes words after it; such a target is not chained.</summary>
    public bool TakesWords(string target) => Symbols(target).Any(symbol => symbol is Argument);

    public WorkspaceOptions Workspace(ParseResult parsed) => new()
    {
        Root = Folder(parsed.GetValue(_root)),
        Models = parsed.GetValue(_model) ?? [],
        Jobs = parsed.GetValue(_jobs) is > 0 and var jobs ? jobs : Environment.ProcessorCount,
        ForceAll = parsed.GetResult(_force) is { Implicit: false } && parsed.GetValue(_force) is null,
        ForceStep = parsed.GetValue(_force),
        Plan = parsed.GetResult(_plan) is null ? null : parsed.GetValue(_plan),
        KeepGoing = parsed.GetValue(_keepGoing),
        Rehash = parsed.GetValue(_rehash),
        Set = parsed.CommandResult.Command.Options.Contains(_set) ? parsed.GetValue(_set) ?? [] : [],
        VerifyReads = parsed.CommandResult.Command.Options.Contains(_verifyReads) && parsed.GetValue(_verifyReads),
    };

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    public bool DryRun(ParseResult parsed) => parsed.GetValue(_dryRun);

    public Verbosity Verbosity(ParseResult parsed) => Enum.Parse<Verbosity>(parsed.GetValue(_verbosity)!, ignoreCase: true);

    public string? EnvironmentName(ParseResult parsed) => parsed.GetValue(_environment);

    public IReadOnlyList<string> Words(ParseResult parsed) => parsed.GetValue(_words) ?? [];

    public string? PlanOut(ParseResult parsed) => parsed.GetValue(_planOut);

    public string? Dataset(ParseResult parsed) => parsed.GetValue(_dataset);

    public bool Update(ParseResult parsed) => parsed.GetValue(_update);

    public IReadOnlyList<string> Names(ParseResult parsed) => parsed.GetValue(_names) ?? [];

    public string? Remote(ParseResult parsed) => parsed.GetValue(_remote);

    public string? Metric(ParseResult parsed) => parsed.GetValue(_by);

    public IReadOnlyList<string> Experiments(ParseResult parsed) => parsed.GetValue(_experiments) ?? [];

    public int Days(ParseResult parsed) => parsed.GetValue(_days);

    public string Artifact(ParseResult parsed) => parsed.GetValue(_artifact)!;

    public string? ImageOut(ParseResult parsed) => parsed.GetValue(_imageOut);

    public bool Load(ParseResult parsed) => parsed.GetValue(_load);

    public bool NewKey(ParseResult parsed) => parsed.GetValue(_newKey);

    public int? KeyDays(ParseResult parsed) => parsed.GetValue(_keyDays);

    public (bool Rebuild, bool Remote, string? Step) Verify(ParseResult parsed) => (parsed.GetValue(_rebuild), parsed.GetValue(_remotes), parsed.GetValue(_step));

    public (string? Filter, bool All) Tests(ParseResult parsed) => (parsed.GetValue(_filter), parsed.GetValue(_all));

    public TuneRequest Tune(ParseResult parsed) => new() { Minutes = parsed.GetValue(_minutes), Trials = parsed.GetValue(_trials) };

    public ScoreRequest Score(ParseResult parsed) => new() { Data = parsed.GetValue(_scored)!, Out = parsed.GetValue(_predictions)!, Keep = List(parsed, _keep), Explain = parsed.GetValue(_because) };

    public NewModelRequest NewModel(ParseResult parsed) => new()
    {
        Name = parsed.GetValue(_name)!,
        Data = parsed.GetValue(_data)!,
        Label = parsed.GetValue(_label)!,
        SplitColumn = parsed.GetValue(_splitColumn),
        TestValue = parsed.GetValue(_test),
        Group = parsed.GetValue(_group),
        Drop = List(parsed, _drop),
        Positive = parsed.GetValue(_positive),
        Code = parsed.GetValue(_code),
    };

    private Symbol[] Symbols(string target) => target switch
    {
        "New" => [_name, _data, _label, _splitColumn, _test, _group, _drop, _positive, _code],
        "Import" => [_dataset, _update],
        "Push" or "Pull" => [_names, _remote],
        "Plan" => [_planOut],
        "Train" => [_plan, _set, _verifyReads],
        "Tune" => [_minutes, _trials],
        "Explain" => [_words],
        "Experiments" => [_by],
        "Compare" => [_experiments],
        "Score" => [_scored, _predictions, _keep, _because],
        "Serve" or "Release" or "Stop" or "Smoke" => [_environment],
        "Gc" => [_days],
        "Image" => [_imageOut, _load],
        "Inspect" => [_artifact],
        "Keys" => [_newKey, _keyDays],
        "Verify" => [_step, _rebuild, _remotes, _environment],
        "Test" => [_filter, _all],
        _ => [],
    };

    private static string[] List(ParseResult parsed, Option<string[]> option) =>
        [.. (parsed.GetValue(option) ?? []).SelectMany(names => names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static string? Folder(string? root) => root is null ? null : Path.GetFullPath(root);
}
