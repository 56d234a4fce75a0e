using System.Net;
using Microsoft.AspNetCore.Connections;

namespace MlOps.Serving.Http;

/// <summary>Kestrel's socket listeners, closable while the connections they accepted live on (Kestrel itself only ends both together).</summary>
internal sealed class DrainableListeners(IConnectionListenerFactory inner) : IConnectionListenerFactory
{
    private readonly List<IConnectionListener> _listeners = [];

    /// <summary>Puts itself before the transport that is registered.</summary>
    public static void Decorate(IServiceCollection services)
    {
        var transport = services.Last(service => service.ServiceType == typeof(IConnectionListenerFactory));
        services.Remove(transport);
        services.AddSingleton(provider => new DrainableListeners(
            (IConnectionListenerFactory)ActivatorUtilities.CreateInstance(provider, transport.ImplementationType!)));
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<DrainableListeners>());
    }

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = await inner.BindAsync(endpoint, cancellationToken);
        _listeners.Add(listener);
        return listener;
    }

    /// <summary>Refuses new connections from now on.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        foreach (var listener in _listeners)
        {
            await listener.UnbindAsync(cancellationToken);
        }
    }
}
