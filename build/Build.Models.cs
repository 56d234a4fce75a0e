using MlOps.Pipelines;
using Nuke.Common;
using Target = Nuke.Common.Target;

namespace MlOps.Build;

/// <summary>The targets that make and train models.</summary>
public interface IHazModels : IHazWorkspace
{
    /// <summary>New: the model's name.</summary>
    [Parameter("the name of the new model")] string? Name => TryGetValue(() => Name);

    /// <summary>New, Score: the CSV file. Import: the dataset.</summary>
    [Parameter("a CSV file (New, Score), a dataset (Import)")] string? Data => TryGetValue(() => Data);

    /// <summary>New: the column to predict.</summary>
    [Parameter("the column to predict")] string? Label => TryGetValue(() => Label);

    /// <summary>New: the column that tells test rows from training rows.</summary>
    [Parameter("a column whose value tells test rows from training rows")] string? SplitColumn => TryGetValue(() => SplitColumn);

    /// <summary>New: the split column's value of the test rows. Not <c>--test</c>: that is a target's name.</summary>
    [Parameter("the split column's value of the test rows")] string? TestValue => TryGetValue(() => TestValue);

    /// <summary>New: the key that never stands on both sides.</summary>
    [Parameter("a key that never stands on both sides of the split")] string? Group => TryGetValue(() => Group);

    /// <summary>New: columns to leave out.</summary>
    [Parameter("columns to leave out")] string[] Drop => TryGetValue(() => Drop) ?? [];

    /// <summary>New: the value whose probability is predicted.</summary>
    [Parameter("the label's value whose probability is predicted")] string? Positive => TryGetValue(() => Positive);

    /// <summary>New: whether it writes C# to begin with.</summary>
    [Parameter("write C# to begin with: a function for the table, a computed feature, and a project for editors")] bool Code => TryGetValue<bool?>(() => Code) ?? false;

    /// <summary>Import: whether the sources are asked first.</summary>
    [Parameter("ask the sources of datasets for newer bytes")] bool Update => TryGetValue<bool?>(() => Update) ?? false;

    /// <summary>Push, Pull: datasets and models.</summary>
    [Parameter("datasets and models (Push, Pull)")] string[] Names => TryGetValue(() => Names) ?? [];

    /// <summary>Push, Pull: one remote.</summary>
    [Parameter("only this remote (Push, Pull)")] string? Remote => TryGetValue(() => Remote);

    /// <summary>Explain: the git revision.</summary>
    [Parameter("the git revision to compare with (default: HEAD)")] string? Revision => TryGetValue(() => Revision);

    /// <summary>Explain: a step, model or dataset.</summary>
    [Parameter("a step, model or dataset to explain (default: all)")] string? Step => TryGetValue(() => Step);

    /// <summary>Plan: where to save it. Score: where the predictions go. NUKE's own flag <c>--plan</c> shows NUKE's plan, so carrying it out is the fast host's: <c>./build.sh Train --plan FILE</c>.</summary>
    [Parameter("the file for the plan (Plan) or the predictions (Score)")] string? Out => TryGetValue(() => Out);

    /// <summary>The request that New takes.</summary>
    NewModelRequest Request => new()
    {
        Name = Name!, Data = Data!, Label = Label!, SplitColumn = SplitColumn, TestValue = TestValue, Group = Group, Drop = Drop, Positive = Positive, Code = Code,
    };

    /// <inheritdoc cref="Workspace.NewAsync"/>
    Target New => _ => _.Description(About(nameof(New))).Requires(() => Name).Requires(() => Data).Requires(() => Label)
        .Executes(() => RunAloneAsync(reporter => Workspace.NewAsync(Request, Options, DryRun, reporter, default)));

    /// <inheritdoc cref="Workspace.ImportAsync"/>
    Target Import => _ => _.Description(About(nameof(Import))).Executes(() => RunAsync(workspace => workspace.ImportAsync(Data, Update, DryRun, default)));

    /// <inheritdoc cref="Workspace.PushAsync"/>
    Target Push => _ => _.Description(About(nameof(Push))).Executes(() => RunAsync(workspace => workspace.PushAsync(Names, Remote, DryRun, default)));

    /// <inheritdoc cref="Workspace.PullAsync"/>
    Target Pull => _ => _.Description(About(nameof(Pull))).Executes(() => RunAsync(workspace => workspace.PullAsync(Names, Remote, DryRun, default)));

    /// <inheritdoc cref="Workspace.StatusAsync"/>
    Target Status => _ => _.Description(About(nameof(Status))).Executes(() => RunAsync(workspace => workspace.StatusAsync(default)));

    /// <summary>What Train would do. NUKE's own flag <c>--plan</c> shows NUKE's plan.</summary>
    new Target Plan => _ => _.Description(About(nameof(Plan))).Executes(() => RunAsync(workspace => workspace.PlanAsync(Out, default)));

    /// <inheritdoc cref="Workspace.TrainAsync"/>
    Target Train => _ => _.Description(About(nameof(Train))).Executes(() => RunAsync(workspace => DryRun ? workspace.PlanAsync(null, default) : workspace.TrainAsync(default)));

    /// <summary>Tune: for how long.</summary>
    [Parameter("run trials for so many minutes (Tune; default: 10)")] double? Minutes => TryGetValue<double?>(() => Minutes);

    /// <summary>Tune: how many.</summary>
    [Parameter("run up to so many trials (Tune)")] int? Trials => TryGetValue<int?>(() => Trials);

    /// <inheritdoc cref="Workspace.TuneAsync"/>
    Target Tune => _ => _.Description(About(nameof(Tune)))
        .Executes(() => RunAloneAsync(reporter => Workspace.TuneAsync(new() { Minutes = Minutes, Trials = Trials }, Options, reporter, default)));

    /// <summary>Experiments: the metric to order by.</summary>
    [Parameter("the metric to order by (default: the task's first)")] string? By => TryGetValue(() => By);

    /// <summary>Compare: experiments, lock or git revisions.</summary>
    [Parameter("experiments, lock or git revisions")] string[] Experiment => TryGetValue(() => Experiment) ?? [];

    /// <inheritdoc cref="Workspace.Experiments"/>
    Target Experiments => _ => _.Description(About(nameof(Experiments))).Executes(() => RunAsync(workspace => Task.FromResult(workspace.Experiments(By))));

    /// <inheritdoc cref="Workspace.CompareAsync"/>
    Target Compare => _ => _.Description(About(nameof(Compare))).Requires(() => Experiment).Executes(() => RunAsync(workspace => workspace.CompareAsync(Experiment, default)));

    /// <summary>Score: whether each prediction is followed by what every column adds to it.</summary>
    [Parameter("add what each row's raw score is made of")] bool Because => TryGetValue<bool?>(() => Because) ?? false;

    /// <summary>Score: columns to copy in front of the predictions.</summary>
    [Parameter("columns to copy in front of the predictions")] string[] Keep => TryGetValue(() => Keep) ?? [];

    /// <inheritdoc cref="Workspace.ScoreAsync"/>
    Target Score => _ => _.Description(About(nameof(Score))).Requires(() => Data).Requires(() => Out)
        .Executes(() => RunAsync(workspace => workspace.ScoreAsync(new() { Data = Data!, Out = Out!, Keep = Keep, Explain = Because }, DryRun, default)));

    /// <inheritdoc cref="Workspace.ExplainAsync"/>
    Target Explain => _ => _.Description(About(nameof(Explain))).Executes(() => RunAsync(workspace => workspace.ExplainAsync([.. new[] { Step, Revision }.OfType<string>()], default)));
}
