using System.Reflection;
using MlOps.Cli;
using MlOps.Pipelines;
using Nuke.Common;
using Assert = Xunit.Assert;

namespace MlOps.Tests.Repository;

/// <summary>build/*.cs, compiled here against <c>Nuke/NukeStub.cs</c>.</summary>
public sealed class NukeHostTests
{
    private static readonly Dictionary<string, Recorded> Declared = typeof(Build.Build).GetInterfaces()
        .SelectMany(component => component.GetProperties())
        .Where(property => property.PropertyType == typeof(Nuke.Common.Target))
        .ToDictionary(property => property.Name, property => Recorded.Of(property), StringComparer.Ordinal);

    [Fact]
    public void Both_hosts_have_the_same_targets() =>
        Assert.Equal(Targets.All.Select(target => target.Name).Order(StringComparer.Ordinal), Declared.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Both_hosts_describe_a_target_with_the_same_words() =>
        Assert.All(Targets.All, target => Assert.Equal(target.Description, Declared[target.Name].Text));

    [Fact]
    public void Every_target_does_something() => Assert.All(Declared.Values, target => Assert.True(target.HasAction));

    [Fact]
    public void The_fast_host_finds_the_targets_of_the_build_folder() =>
        Assert.Equal(Declared.Keys.Order(StringComparer.Ordinal), NukeHost.Targets(RepositoryFolder.Root).Order(StringComparer.Ordinal));

    /// <summary>A definition that remembers what it was told.</summary>
    private sealed class Recorded : ITargetDefinition
    {
        public string? Text { get; private set; }

        public bool HasAction { get; private set; }

        public static Recorded Of(PropertyInfo property)
        {
            var recorded = new Recorded();
            ((Nuke.Common.Target)property.GetValue(new Build.Build())!)(recorded);
            return recorded;
        }

        public ITargetDefinition Description(string description)
        {
            Text = description;
            return this;
        }

        public ITargetDefinition Requires<T>(System.Linq.Expressions.Expression<Func<T>> parameterRequirement, params System.Linq.Expressions.Expression<Func<T>>[] parameterRequirements)
            where T : class? => this;

        public ITargetDefinition Executes(params Action[] actions) => Acts();

        public ITargetDefinition Executes<T>(Func<T> action) => Acts();

        public ITargetDefinition Executes(Func<Task> action) => Acts();

        private Recorded Acts()
        {
            HasAction = true;
            return this;
        }
    }
}
