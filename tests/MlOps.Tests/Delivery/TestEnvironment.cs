using MlOps.Data;
using MlOps.Delivery;
using MlOps.Delivery.Internal;
using MlOps.Scoring;
using MlOps.Tests.Serving;

namespace MlOps.Tests.Delivery;

/// <summary>A workspace of its own with the environment <c>local</c> on a port that was free a moment ago.</summary>
internal sealed class TestEnvironment : IAsyncDisposable
{
    public TestEnvironment()
    {
        Spec = new("local", Ports.Free()) { ReadyTimeout = TimeSpan.FromSeconds(60) };
        Driver = new(Spec, Folder.Path);
        Reconciler = new(Driver);
    }

    public TemporaryFolder Folder { get; } = new();

    public EnvironmentSpec Spec { get; }

    public ProcessDriver Driver { get; }

    public Reconciler Reconciler { get; }

    public RunFolder Files => new(Folder.Path, Spec.Name);

    public ServiceSpec Bikes(float offset = 0) => Service("bikes", OnnxModel.Write(TestModels.Bikes(offset)));

    public ServiceSpec Service(string model, byte[] bytes)
    {
        var (path, digest) = Folder.Write(model + ".onnx", bytes);
        return new(Spec, [new(model, path, digest)], RunningService.Assembly);
    }

    /// <summary>Released by <see cref="Bikes"/>, so that the temperature alone decides: 10 + offset + 2 × temperature.</summary>
    public static SmokeTest Smoke(ServiceSpec spec, float offset = 0)
    {
        var frame = new Frame(
        [
            new StringColumn("hour", [-1, 0, 0], ["none"]), new NumberColumn("temperature", [1.1, 2, double.NaN]),
            new BooleanColumn("weekend", [0, 1, 255]), new TimestampColumn("at", [0, 3_600_000, TimestampColumn.Missing]),
        ]);
        return new(spec.Models, [new("bikes", """{"temperature": 1}""", new Expectation.Range(0, 100))], [new("bikes", frame, new Scorer(TestModels.Bikes(offset)).Predict(frame))]);
    }

    public Task<ReleaseResult> ReleaseAsync(ServiceSpec spec, float offset = 0) => Reconciler.ReleaseAsync(spec, Smoke(spec, offset), CancellationToken.None);

    public Task<ServiceStatus> StatusAsync() => Driver.StatusAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Driver.StopAsync(CancellationToken.None);
        Folder.Dispose();
    }
}
